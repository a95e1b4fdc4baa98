import { decodeEntities } from '../issues/entities.ts'
import type { HoleKind } from './holes.ts'
import { type PlaceResult, urlPlace } from './url-places.ts'

type State =
  | { in: 'text' }
  | { in: 'tag' }
  | { in: 'raw'; end: string }
  | { in: 'value'; attribute: string; from: number; quote: string }

const URL_ATTRIBUTES = new Set(['href', 'src'])
const TEXT_ATTRIBUTES = new Set(['alt', 'title'])

/**
 * Reads our own rendered markup (attributes in double quotes, nothing unclosed) from front to back and says for
 * rising offsets what stands there.
 */
export function createHtmlPlaces(html: string): {
  at(offset: number, kind: HoleKind): PlaceResult
} {
  let state: State = { in: 'text' }
  let position = 0

  const advance = (offset: number): void => {
    while (position < offset) {
      const next = step(html, position, state, offset)
      position = next.position
      state = next.state
    }
  }

  return {
    at(offset, kind) {
      advance(offset)
      if (state.in === 'text') return { place: 'text' }
      if (state.in !== 'value') return { where: 'markup' }
      const before = html.slice(state.from, offset)
      if (TEXT_ATTRIBUTES.has(state.attribute)) return { place: 'attribute' }
      if (!URL_ATTRIBUTES.has(state.attribute)) return { where: `the attribute ${state.attribute}` }
      if (kind.hole === 'merge') return urlPlace(decodeEntities(before))
      return before === '' ? { place: 'attribute' } : { where: 'the middle of a link' }
    },
  }
}

/** Moves to where the state next changes, but not past `limit`. */
function step(
  html: string,
  position: number,
  state: State,
  limit: number,
): { position: number; state: State } {
  const until = (mark: string, then: (at: number) => { position: number; state: State }) => {
    const at = html.indexOf(mark, position)
    return at === -1 || at >= limit ? { position: limit, state } : then(at)
  }
  switch (state.in) {
    case 'text':
      return until('<', (at) => openTag(html, at))
    case 'raw':
      return until(state.end, (at) => ({
        position: Math.min(limit, at + state.end.length),
        state: { in: 'text' },
      }))
    case 'value':
      return until(state.quote, (at) => ({ position: at + 1, state: { in: 'tag' } }))
    case 'tag':
      return inTag(html, position, limit)
  }
}

function openTag(html: string, at: number): { position: number; state: State } {
  if (html.startsWith('<!--', at)) return { position: at + 4, state: { in: 'raw', end: '-->' } }
  const raw = /^<(style|script)\b/i.exec(html.slice(at, at + 8))
  if (raw) return { position: at + raw[0].length, state: { in: 'raw', end: `</${raw[1]}` } }
  return { position: at + 1, state: { in: 'tag' } }
}

function inTag(html: string, position: number, limit: number): { position: number; state: State } {
  const found = />|([^\s=<>"'/]+)\s*=\s*(["'])/g
  found.lastIndex = position
  const match = found.exec(html)
  if (!match || match.index >= limit) return { position: limit, state: { in: 'tag' } }
  const end = match.index + match[0].length
  if (match[0] === '>') return { position: end, state: { in: 'text' } }
  const [, attribute = '', quote = '"'] = match
  return {
    position: end,
    state: { in: 'value', attribute: attribute.toLowerCase(), from: end, quote },
  }
}
