import { type Findings, shorten } from '../finding.ts'
import type { Issue } from '../issue.ts'
import { attributeOf } from '../merge.ts'

/** `attributes`: those that the newsletter's readers have, where somebody knows them. */
export function checkMerges(
  { merges }: Issue,
  attributes: ReadonlySet<string> | undefined,
  findings: Findings,
): void {
  for (const { source, line } of merges) {
    const name = attributeOf(source)
    if (name === null || name === 'email') continue
    if (attributes !== undefined && !attributes.has(name)) {
      findings.warning(line, {
        what: `no reader has an attribute "${shorten(name, 40)}"`,
        why: 'everybody would see the default, or nothing',
        fix: `use ${nearest(name, attributes)}`,
      })
    } else if (!/\|\s*default\s*:/.test(source)) {
      findings.warning(line, {
        what: `${shorten(source, 50)} has no default`,
        why: 'who has no such value reads a gap',
        fix: `write {{ … | default: "reader" }}`,
      })
    }
  }
}

function nearest(name: string, attributes: ReadonlySet<string>): string {
  const plain = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  const same = [...attributes].find((each) => plain(each) === plain(name))
  if (same !== undefined) return `subscriber["${same}"]`
  const some = [...attributes].slice(0, 5).join(', ')
  return some === '' ? 'none: the list has only addresses' : `one that the list has: ${some}`
}
