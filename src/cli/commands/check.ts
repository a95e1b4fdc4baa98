import type { Command } from 'commander'
import { checkIssue } from '../../issues/check.ts'
import { parseIssue } from '../../issues/parse.ts'
import type { Bind } from '../context.ts'
import { readTextFile, showFindings } from '../input.ts'
import { count } from '../terminal.ts'

export function defineCheck(command: Command, bind: Bind): void {
  command
    .argument('<file>', 'the issue, a Markdown file')
    .addHelpText('after', '\nExample:\n  postrider check issues/weekly-012.md')
  bind(command, async ({ terminal }, [file = '']) => {
    const parsed = parseIssue(await readTextFile(file), { file })
    const findings = parsed.ok
      ? [...parsed.findings, ...checkIssue(parsed.issue, { file })]
      : parsed.findings
    const errors = findings.filter((finding) => finding.severity === 'error').length
    showFindings(terminal, findings)
    const result = `${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}`
    if (errors > 0) {
      terminal.fail(`${file}: ${result}`)
      process.exitCode = 1
    } else {
      terminal.done('checked', file, result)
    }
    terminal.object({ file, errors, warnings: findings.length - errors, findings })
  })
}
