import type { CompiledMessage, Hole, Piece } from './compiled.ts'
import { escapeHtml, escapeUrlPart, plainLine } from './escape.ts'
import { compileMerge, type MergeValues } from './liquid.ts'

export type Recipient = {
  address: string
  attributes: Record<string, unknown>
  unsubscribeUrl: string
  webUrl: string
  newsletterName: string
  issueTitle: string
}

export type FilledMessage = { subject: string; html: string; text: string }

/** The holes' values for one reader; each expression is evaluated once however often it stands there. */
type Values = {
  of(hole: Hole): string
}

/** Text, or the number of a value. */
export type NumberedPiece = string | number

/** A message whose holes are numbered: the same hole in the same kind of place is one value. */
export type NumberedMessage = Readonly<{
  subject: readonly NumberedPiece[]
  html: readonly NumberedPiece[]
  text: readonly NumberedPiece[]
  /** The values for one reader, each escaped for its place and never evaluated again. */
  values(to: Recipient): string[]
}>

/** Parses the message's expressions once. */
export function numberHoles(message: CompiledMessage): NumberedMessage {
  const holes: Hole[] = []
  const numbers = new Map<string, number>()
  const number = (piece: Piece): NumberedPiece => {
    if (typeof piece === 'string') return piece
    const { hole, place } = piece
    const key = JSON.stringify([hole, place, hole === 'merge' ? piece.source : null])
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, holes.length)
    return holes.push(piece) - 1
  }
  const subject = message.subject.map(number)
  const html = message.html.map(number)
  const text = message.text.map(number)
  const expressions = expressionsOf(holes)
  return {
    ...{ subject, html, text },
    values(to) {
      const values = valuesFor(to, expressions)
      return holes.map((hole) => escapeFor(hole, values.of(hole)))
    },
  }
}

export function joinNumbered(pieces: readonly NumberedPiece[], values: readonly string[]): string {
  let out = ''
  for (const piece of pieces) out += typeof piece === 'string' ? piece : (values[piece] ?? '')
  return out
}

/** The function it gives fills the holes for one reader. */
export function createFiller(message: CompiledMessage): (to: Recipient) => FilledMessage {
  const numbered = numberHoles(message)
  return (to) => {
    const values = numbered.values(to)
    return {
      subject: joinNumbered(numbered.subject, values).trim(),
      html: joinNumbered(numbered.html, values),
      text: joinNumbered(numbered.text, values),
    }
  }
}

/** As nobody in particular sees it: the expressions' defaults, and nothing of ours. */
export function fillForNobody(
  pieces: readonly Piece[],
  known: { newsletterName: string; issueTitle: string },
): string {
  const nobody: Recipient = {
    address: '',
    attributes: {},
    unsubscribeUrl: '',
    webUrl: '',
    ...known,
  }
  return fillPieces(pieces, valuesFor(nobody, expressionsOf(pieces)))
}

type Expressions = ReadonlyMap<string, (values: MergeValues) => string>

function expressionsOf(pieces: readonly Piece[]): Expressions {
  const expressions = new Map<string, (values: MergeValues) => string>()
  for (const piece of pieces) {
    if (typeof piece === 'string' || piece.hole !== 'merge') continue
    if (!expressions.has(piece.source)) expressions.set(piece.source, compileMerge(piece.source))
  }
  return expressions
}

function valuesFor(to: Recipient, expressions: Expressions): Values {
  const evaluated = new Map<string, string>()
  let scope: MergeValues | undefined
  const merge = (source: string): string => {
    let value = evaluated.get(source)
    if (value === undefined) {
      scope ??= scopeOf(to)
      value = expressions.get(source)?.(scope) ?? ''
      evaluated.set(source, value)
    }
    return value
  }
  return {
    of(hole) {
      switch (hole.hole) {
        case 'merge':
          return merge(hole.source)
        case 'unsubscribe-url':
          return to.unsubscribeUrl
        case 'web-url':
          return to.webUrl
        case 'address':
          return to.address
      }
    },
  }
}

/** Only what can be shown in a line of text: no lists, no objects. */
function scopeOf(to: Recipient): MergeValues {
  const shown = Object.entries(to.attributes).filter(([, value]) =>
    ['string', 'number', 'boolean', 'bigint'].includes(typeof value),
  )
  return {
    subscriber: Object.fromEntries([...shown, ['email', to.address]]),
    newsletter: { name: to.newsletterName },
    issue: { title: to.issueTitle },
  }
}

function fillPieces(pieces: readonly Piece[], values: Values): string {
  let out = ''
  for (const piece of pieces) {
    out += typeof piece === 'string' ? piece : escapeFor(piece, values.of(piece))
  }
  return out
}

function escapeFor(hole: Hole, value: string): string {
  switch (hole.place) {
    case 'text':
    case 'attribute':
      return escapeHtml(plainLine(value))
    case 'url-path':
    case 'url-query':
      return escapeUrlPart(value)
    case 'plain':
    case 'header':
      return plainLine(value)
  }
}
