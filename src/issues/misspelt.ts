import type { Findings } from './finding.ts'
import type { SourceLine } from './issue.ts'

/** `date` and `slug` are too short: `data` is another word. */
const LONG_NAMES = ['title', 'subject', 'preheader', 'language', 'newsletter', 'base_url', 'topics']
/** Keys that other tools know. */
const OTHER_NAMES = ['titles', 'topic', 'subjects', 'languages', 'newsletters']

/** Of a field that we do not know: it may be one that was meant to be read. */
export function tellMisspelt(name: string, line: SourceLine, findings: Findings): void {
  const written = name.toLowerCase()
  const meant = LONG_NAMES.find((each) => isNearly(written, each))
  if (meant === undefined || OTHER_NAMES.includes(written)) return
  findings.warning(line, {
    what: `"${name}" is no field that is read`,
    why: `the one that is read is called "${meant}"`,
    fix: `write ${meant}:, if that is meant`,
  })
}

/** One letter too many, too few, other, or changed with its neighbour; no mark between words counts. */
function isNearly(written: string, name: string): boolean {
  const [a, b] = [written, name].map((each) => each.replace(/[-_ ]/g, '')) as [string, string]
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const [one, other] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  const isSwapped = one.length === 2 && one === [...other].reverse().join('')
  return isSwapped || (one.length <= 1 && other.length <= 1)
}
