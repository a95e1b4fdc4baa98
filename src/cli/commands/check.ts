import type { Command } from 'commander'
import { checkIssue } from '../../issues/check.ts'
import { parseIssue } from '../../issues/parse.ts'
import type { Bind } from '../context.ts'
import { countLinks } from '../count-links.ts'
import { readTextFile, showFindings, sumUp } from '../input.ts'
import { examples } from '../options.ts'

export function defineCheck(command: Command, bind: Bind): void {
  command
    .argument('<file>', 'the issue, a Markdown file')
    .addHelpText('after', examples('postrider check issues/field-notes-007.md'))
  bind(command, async ({ terminal }, [file = '']) => {
    const parsed = parseIssue(await readTextFile(file), { file })
    const findings = parsed.ok
      ? [...parsed.findings, ...checkIssue(parsed.issue, { file })]
      : parsed.findings
    const links = parsed.ok ? countLinks(parsed.issue) : 0
    const errors = findings.filter((finding) => finding.severity === 'error').length
    showFindings(terminal, findings)
    const result = sumUp({ links, errors, warnings: findings.length - errors })
    if (errors > 0) {
      terminal.fail(`${file}: ${result}`)
      process.exitCode = 1
    } else {
      terminal.done('checked', file, result)
    }
    terminal.object({ file, links, errors, warnings: findings.length - errors, findings })
  })
}
