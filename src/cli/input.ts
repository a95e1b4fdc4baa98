import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type ImageFolder, imageFolder } from '../campaigns/image-folder.ts'
import { messageOf, PostriderError } from '../errors.ts'
import type { Finding, Issue } from '../issues/issue.ts'
import type { FoundAddress } from '../issues/links.ts'
import { type ParseResult, parseIssue } from '../issues/parse.ts'
import { count } from './format.ts'
import type { Terminal } from './terminal.ts'

/** A text file as it is. @throws PostriderError bad-input */
export async function readTextFile(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (cause) {
    throw new PostriderError('bad-input', `${path}: ${whyUnreadable(cause)}`, {
      place: path,
      cause,
    })
  }
}

function whyUnreadable(cause: unknown): string {
  if (cause instanceof TypeError) return 'this is no UTF-8 text: save it as UTF-8'
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EISDIR':
      return 'this is a folder: name a Markdown file in it'
    case 'EACCES':
      return 'you may not read this file'
    default:
      return (cause as Error).message
  }
}

/**
 * Every Markdown file below a folder, by its path from there, in order.
 * @throws PostriderError bad-input: no such folder, or one without any
 */
export async function issuesIn(folder: string): Promise<string[]> {
  const names = await markdownIn(folder)
  if (names.length > 0) return names
  throw new PostriderError('bad-input', `${folder}: there is no Markdown file in it`, {
    place: folder,
  })
}

async function markdownIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort()
  } catch (cause) {
    throw new PostriderError('bad-input', `${folder}: ${messageOf(cause)}`, {
      place: folder,
      cause,
    })
  }
}

export type ReadIssue = Readonly<{
  file: string
  markdown: string
  issue: Issue
  findings: Finding[]
  /** Of links and images, as they stand in the issue. */
  addresses: FoundAddress[]
  /** Where its images lie. */
  folder: ImageFolder
}>

/** Reads and parses; what cannot be parsed is said finding by finding. @throws PostriderError bad-input */
export async function readIssueFile(file: string): Promise<ReadIssue> {
  return parseFile(file, await readTextFile(file))
}

/** Once more, with what its newsletter says. @throws PostriderError bad-input */
export function readAgain({ file, markdown }: ReadIssue, language: string): ReadIssue {
  return parseFile(file, markdown, { language })
}

function parseFile(file: string, markdown: string, options: { language?: string } = {}): ReadIssue {
  const { parsed, addresses, folder } = parseInFolder(file, markdown, options)
  if (parsed.ok) return { file, markdown, ...words(parsed), addresses, folder }
  const [first] = parsed.findings
  throw new PostriderError('bad-input', first ? findingLine(first) : `${file}: cannot be read`, {
    place: first ? placeOf(first) : file,
  })
}

const words = ({ issue, findings }: Extract<ParseResult, { ok: true }>) => ({ issue, findings })

/** Parses with an eye on the folder: what the issue brings along, and every address in it. */
export function parseInFolder(
  file: string,
  markdown: string,
  options: { language?: string } = {},
): { parsed: ParseResult; addresses: FoundAddress[]; folder: ImageFolder } {
  const folder = imageFolder(file)
  const addresses: FoundAddress[] = []
  const around = {
    imageAt: folder.imageAt,
    found: (address: FoundAddress) => void addresses.push(address),
  }
  return { parsed: parseIssue(markdown, { file, ...options, around }), addresses, folder }
}

/** `weekly.md:12` */
export function placeOf({ file, line }: Finding): string {
  return line === null ? file : `${file}:${line}`
}

/** `weekly.md:12: what is wrong. What to do.` */
export function findingLine(finding: Finding): string {
  return `${placeOf(finding)}: ${finding.what}. ${sentence(finding.fix)}`
}

/** In the order of the file: where and what on one line; why and what to do below it. */
export function showFindings(terminal: Terminal, findings: readonly Finding[]): void {
  const ordered = findings.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0))
  for (const finding of ordered) {
    const say = finding.severity === 'error' ? terminal.wrong : terminal.warn
    say(finding.severity, `${placeOf(finding)}   ${finding.what}`)
    terminal.more(`${sentence(finding.why)} ${sentence(finding.fix)}`)
  }
}

/** `14 links, 0 errors, 1 warning` */
export function sumUp(sums: { links: number; errors: number; warnings: number }): string {
  return [
    count(sums.links, 'link'),
    count(sums.errors, 'error'),
    count(sums.warnings, 'warning'),
  ].join(', ')
}

const sentence = (words: string) =>
  `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?)…]$/.test(words) ? '' : '.'}`
