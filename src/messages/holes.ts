import { randomInt } from 'node:crypto'
import type { MergeExpression } from '../issues/merge.ts'
import type { LinkHole, MergeHole } from './compiled.ts'

/** A hole before it is known where it stands. */
export type HoleKind = Omit<MergeHole, 'place'> | Omit<LinkHole, 'place'>

/** What stands in the rendered message where a hole will be; `line` of the file, null for our own. */
export type Placeholder = { kind: HoleKind; line: number | null }

export type Placeholders = {
  unsubscribeUrl: string
  webUrl: string
  address: string
  all: ReadonlyMap<string, Placeholder>
  /** Finds each of them. */
  pattern: RegExp
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Random, so that nothing that an editor writes can stand for a hole. */
function newPlaceholder(): string {
  return `zq${Array.from({ length: 20 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`
}

export function makePlaceholders(merges: readonly MergeExpression[]): Placeholders {
  const unsubscribeUrl = newPlaceholder()
  const webUrl = newPlaceholder()
  const address = newPlaceholder()
  const all = new Map<string, Placeholder>([
    [unsubscribeUrl, { kind: { hole: 'unsubscribe-url' }, line: null }],
    [webUrl, { kind: { hole: 'web-url' }, line: null }],
    [address, { kind: { hole: 'address' }, line: null }],
  ])
  for (const { placeholder, source, line } of merges) {
    if (!/^[A-Za-z0-9]{8,}$/.test(placeholder)) throw new Error('a placeholder that is none')
    all.set(placeholder, { kind: { hole: 'merge', source }, line })
  }
  return {
    unsubscribeUrl,
    webUrl,
    address,
    all,
    pattern: new RegExp([...all.keys()].join('|'), 'g'),
  }
}
