import type { Hole, Piece } from './compiled.ts'
import type { HoleKind, Placeholder, Placeholders } from './holes.ts'
import { createHtmlPlaces } from './html-places.ts'
import { type PlaceResult, urlPlace } from './url-places.ts'

/** A hole that stands where no reader's value can be made safe. */
export type Misplaced = { kind: HoleKind; line: number | null; where: string }

type PlaceOf = (before: number, kind: HoleKind) => PlaceResult

export type Cut = { pieces: Piece[]; misplaced: Misplaced[] }

export function cutHtml(html: string, placeholders: Placeholders): Cut {
  const places = createHtmlPlaces(html)
  return cut(html, placeholders, (offset, kind) => places.at(offset, kind))
}

export function cutText(text: string, placeholders: Placeholders): Cut {
  return cut(text, placeholders, (offset, kind) => {
    if (kind.hole !== 'merge') return { place: 'plain' }
    // An address ends at white space, and at the brackets and marks that no address is written with.
    const before = /(?:https?:\/\/|mailto:)[^\s<>"“”‘’（）「」『』【】《》，。；、！？]*$/i.exec(
      text.slice(Math.max(0, offset - 2048), offset),
    )?.[0]
    if (before !== undefined) return urlPlace(before)
    const startsAddress = /^\w{8,}[\w+.-]*:\/\//.test(text.slice(offset, offset + 80))
    return startsAddress ? { where: "a link's scheme or host" } : { place: 'plain' }
  })
}

export function cutSubject(subject: string, placeholders: Placeholders): Cut {
  return cut(subject, placeholders, () => ({ place: 'header' }))
}

function cut(text: string, placeholders: Placeholders, placeOf: PlaceOf): Cut {
  const pieces: Piece[] = []
  const misplaced: Misplaced[] = []
  let from = 0
  for (const match of text.matchAll(placeholders.pattern)) {
    const { kind, line } = placeholders.all.get(match[0]) as Placeholder
    const result = placeOf(match.index, kind)
    if (match.index > from) pieces.push(text.slice(from, match.index))
    if ('where' in result) misplaced.push({ kind, line, where: result.where })
    else pieces.push({ ...kind, place: result.place } as Hole)
    from = match.index + match[0].length
  }
  if (from < text.length) pieces.push(text.slice(from))
  return { pieces, misplaced }
}
