import type { SourceLine } from './issue.ts'

/** Says in what line the tags of a piece of HTML stand; asked for each start tag in order. */
export type TagLines = { next(name: string): SourceLine }

/** @param skip tags that come before those of the piece */
export function createTagLines(piece: string, line: SourceLine, skip: readonly string[]): TagLines {
  const text = piece.toLowerCase()
  const skipped = new Map<string, number>()
  for (const name of skip) skipped.set(name, (skipped.get(name) ?? 0) + 1)
  /** A parser makes tags that nobody wrote: `</p>` alone is a paragraph. */
  const absent = new Set<string>()
  let position = 0
  let at = line
  return {
    next(name) {
      const left = skipped.get(name) ?? 0
      if (left > 0) {
        skipped.set(name, left - 1)
        return line
      }
      const found = absent.has(name) ? -1 : text.indexOf(`<${name}`, position)
      if (found === -1) {
        absent.add(name)
        return at
      }
      for (let n = text.indexOf('\n', position); n !== -1 && n < found; ) {
        at += 1
        n = text.indexOf('\n', n + 1)
      }
      position = found + 1
      return at
    },
  }
}
