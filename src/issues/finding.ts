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
  const said = new Set<string>()
  const say = (severity: Finding['severity'], line: SourceLine | null, words: Words): void => {
    const once = `${severity} ${line} ${words.what}`
    if (!said.has(once)) list.push({ severity, file, line, ...words })
    said.add(once)
  }
  return {
    list,
    error: (line, words) => say('error', line, words),
    warning: (line, words) => say('warning', line, words),
  }
}

/** Long quotations of the source make a finding unreadable. */
export function shorten(text: string, length = 60): string {
  const characters = [...text.replace(/\s+/g, ' ').trim()]
  return characters.length <= length
    ? characters.join('')
    : `${characters.slice(0, length).join('')}…`
}
