import type { Finding, SourceLine } from './issue.ts'

/** What is wrong, why it matters, what to do: each without a full stop, since screens set their own. */
export type Words = { what: string; why: string; fix: string }

/** Collects what is found in one file. */
export type Findings = {
  readonly list: Finding[]
  error(line: SourceLine | null, words: Words): void
  warning(line: SourceLine | null, words: Words): void
}

export function collectFindings(file: string): Findings {
  const list: Finding[] = []
  return {
    list,
    error: (line, words) => list.push({ severity: 'error', file, line, ...words }),
    warning: (line, words) => list.push({ severity: 'warning', file, line, ...words }),
  }
}

/** Long quotations of the source make a finding unreadable. */
export function shorten(text: string, length = 60): string {
  const characters = [...text.replace(/\s+/g, ' ').trim()]
  return characters.length <= length
    ? characters.join('')
    : `${characters.slice(0, length).join('')}…`
}
