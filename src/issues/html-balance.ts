import type { Findings } from './finding.ts'
import { ALLOWED } from './html-names.ts'
import type { SourceLine } from './issue.ts'

/** HTML itself closes these where the next begins, and a lone end of them harms nothing. */
const CLOSES_ITSELF = /^(?:p|li|dt|dd|tr|td|th|thead|tbody|tfoot|colgroup|caption|rt|rp|html|body)$/
const LONE_END = /^\s*<\/([a-z][a-z0-9]*)\s*>\s*$/i

/** Watches what is opened and never closed in one container, and closed without having been opened. */
export function createBalance(findings: Findings) {
  const told = new Set<string>()
  /** Without a line: what stands for a tag of another name. */
  let open: { name: string; line: SourceLine | null }[] = []
  return {
    tellLoneEnd(piece: string, line: SourceLine, around: readonly string[]): void {
      const name = LONE_END.exec(piece)?.[1]?.toLowerCase()
      if (!name || name === 'br' || !ALLOWED.includes(name) || around.includes(name)) return
      if (open.some((each) => each.line === null) || skips(name)) return
      findings.warning(line, {
        what: `</${name}> ends nothing`,
        why: 'what it was to end began elsewhere, or not at all; it is left out',
        fix: `take it out, or write <${name}> where it begins, in the same paragraph`,
      })
    },
    /** @param now what is open after the piece, outermost first */
    note(piece: string, line: SourceLine, now: readonly string[]): void {
      const same = now.findIndex((name, n) => open[n]?.name !== name)
      const kept = same === -1 ? now.length : same
      const added = now.slice(kept).map((name) => ({ name, line: lineIn(piece, line, name) }))
      open = [...open.slice(0, kept), ...added]
    },
    tellUnclosed(): void {
      for (const { name, line } of open) {
        if (line === null || skips(name)) continue
        findings.warning(line, {
          what: `<${name}> is not closed`,
          why: 'it ends with the paragraph, the list or the quote that it stands in, or with the issue',
          fix: `write </${name}> where it ends`,
        })
      }
      open = []
    },
  }

  function skips(name: string): boolean {
    if (CLOSES_ITSELF.test(name) || told.has(name)) return true
    told.add(name)
    return false
  }
}

function lineIn(piece: string, line: SourceLine, name: string): SourceLine | null {
  const at = piece.toLowerCase().lastIndexOf(`<${name}`)
  return at === -1 ? null : line + piece.slice(0, at).split('\n').length - 1
}
