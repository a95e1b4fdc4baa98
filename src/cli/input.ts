import { readFile } from 'node:fs/promises'
import { PostriderError } from '../errors.ts'
import type { Finding, Issue } from '../issues/issue.ts'
import { parseIssue } from '../issues/parse.ts'
import type { Terminal } from './terminal.ts'

/** A text file as it is. @throws PostriderError bad-input */
export async function readTextFile(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'this is a folder'
          : cause instanceof TypeError
            ? 'this is no UTF-8 text: save it as UTF-8'
            : (cause as Error).message
    throw new PostriderError('bad-input', `${path}: ${why}`, { place: path, cause })
  }
}

export type ReadIssue = Readonly<{ markdown: string; issue: Issue; findings: Finding[] }>

/** Reads and parses; what cannot be parsed is said finding by finding. @throws PostriderError bad-input */
export async function readIssueFile(
  path: string,
  options: { language?: string; baseUrl?: string } = {},
): Promise<ReadIssue> {
  const markdown = await readTextFile(path)
  const parsed = parseIssue(markdown, { file: path, ...options })
  if (parsed.ok) return { markdown, issue: parsed.issue, findings: parsed.findings }
  const [first] = parsed.findings
  throw new PostriderError('bad-input', first ? findingLine(first) : `${path}: cannot be read`, {
    place: path,
  })
}

/** `weekly.md:12: what is wrong. What to do.` */
export function findingLine(finding: Finding): string {
  const place = finding.line === null ? finding.file : `${finding.file}:${finding.line}`
  return `${place}: ${finding.what}. ${finding.fix}`
}

export function showFindings(terminal: Terminal, findings: readonly Finding[]): void {
  for (const finding of findings) {
    const place = finding.line === null ? finding.file : `${finding.file}:${finding.line}`
    const show = finding.severity === 'error' ? 'error' : 'warning'
    terminal.warn(show, `${place}  ${finding.what}`, `${finding.why}. ${finding.fix}`)
  }
}
