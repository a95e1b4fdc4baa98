import { randomBytes } from 'node:crypto'
import {
  base64,
  goesAsItIs,
  quotedPrintable,
  smallerEncoding,
  withCrlf,
} from './transfer-encoding.ts'

/** Text that is the same for everybody, or the number of a value. */
export type TemplatePiece = string | number

/**
 * The body of a message to many, in wire form: what is the same for everybody is encoded once. Its lines end in CRLF,
 * none begins with a dot or is longer than 998 octets, and DKIM's relaxed canonicalisation leaves it as it is, whatever
 * a value holds.
 */
export type BodyTemplate = Readonly<{
  /** The message's Content-Type. */
  contentType: string
  /** In order; strings are ASCII. */
  fill(values: readonly string[]): (Buffer | string)[]
}>

type Out = (Buffer | string)[]
type FillPart = (values: readonly string[], out: Out) => void

/** Below this a stretch is encoded with the values around it: less than a line saves nothing. */
const SHORT_OCTETS = 76

/** multipart/alternative, utf-8. */
export function createBodyTemplate(
  parts: Readonly<{ text: readonly TemplatePiece[]; html: readonly TemplatePiece[] }>,
): BodyTemplate {
  // One for all readers, who so know it; but no `=_` comes out of an encoder, and a part with values is always encoded.
  const boundary = `=_${randomBytes(15).toString('hex')}`
  const fills = (['text', 'html'] as const).map((name): FillPart => {
    const { encoding, fill } = createPart(parts[name])
    const head = [
      ...[
        `--${boundary}`,
        `Content-Type: text/${name === 'text' ? 'plain' : 'html'}; charset=utf-8`,
      ],
      ...[`Content-Transfer-Encoding: ${encoding}`, '', ''],
    ].join('\r\n')
    return (values, out) => {
      out.push(head)
      fill(values, out)
      out.push('\r\n')
    }
  })
  return {
    contentType: `multipart/alternative;\r\n boundary="${boundary}"`,
    fill(values) {
      const out: Out = []
      for (const fill of fills) fill(values, out)
      out.push(`--${boundary}--\r\n`)
      return out
    },
  }
}

function createPart(pieces: readonly TemplatePiece[]): { encoding: string; fill: FillPart } {
  const joined = joinTexts(pieces)
  const text = withCrlf(joined.filter((piece) => typeof piece === 'string').join(''))
  const hasValues = joined.some((piece) => typeof piece === 'number')
  if (!hasValues && goesAsItIs(text)) {
    const bytes = Buffer.from(text, 'latin1')
    return { encoding: '7bit', fill: (_, out) => out.push(bytes) }
  }
  const encoding = smallerEncoding(Buffer.from(text, 'utf8'))
  const fill = encoding === 'base64' ? base64Part(joined) : quotedPrintablePart(joined)
  return { encoding, fill }
}

function joinTexts(pieces: readonly TemplatePiece[]): TemplatePiece[] {
  const joined: TemplatePiece[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') joined.splice(-1, 1, last + piece)
    else if (piece !== '') joined.push(piece)
  }
  return joined
}

/** Each stretch and each value starts a line of its own, behind a soft break. */
function quotedPrintablePart(pieces: readonly TemplatePiece[]): FillPart {
  const encode = (text: string, isLast: boolean) => {
    const lines = quotedPrintable(Buffer.from(withCrlf(text), 'utf8'))
    return isLast || lines === '' || lines.endsWith('\n') ? lines : `${lines}=\r\n`
  }
  const steps = pieces.map((piece, i) => {
    const isLast = i === pieces.length - 1
    return typeof piece === 'number'
      ? { value: piece, isLast }
      : Buffer.from(encode(piece, isLast), 'latin1')
  })
  return (values, out) => {
    for (const step of steps) {
      out.push(Buffer.isBuffer(step) ? step : encode(values[step.value] ?? '', step.isLast))
    }
  }
}

/** `head` completes three octets with what came before, `tail` is less than three: between them are whole lines. */
type Encoded = Readonly<{ head: Buffer; lines: Buffer; tail: Buffer }>

/** Three octets are four letters: a stretch is encoded for each of the three places where it may begin, when first met. */
function base64Part(pieces: readonly TemplatePiece[]): FillPart {
  const steps = pieces.map((piece) => {
    if (typeof piece === 'number') return piece
    const octets = Buffer.from(withCrlf(piece), 'utf8')
    return octets.length < SHORT_OCTETS ? { short: octets } : { long: encodedAt(octets) }
  })
  return (values, out) => {
    let open: Buffer[] = []
    let length = 0
    const add = (octets: Buffer) => {
      open.push(octets)
      length += octets.length
    }
    for (const step of steps) {
      if (typeof step === 'number') add(Buffer.from(withCrlf(values[step] ?? ''), 'utf8'))
      else if ('short' in step) add(step.short)
      else {
        const { head, lines, tail } = step.long(length % 3)
        add(head)
        if (length > 0) out.push(`${base64(Buffer.concat(open, length))}\r\n`)
        out.push(lines)
        open = [tail]
        length = tail.length
      }
    }
    if (length > 0) out.push(base64(Buffer.concat(open, length)))
  }
}

function encodedAt(octets: Buffer): (offset: number) => Encoded {
  const known: (Encoded | undefined)[] = []
  return (offset) => {
    const encoded = known[offset] ?? encodeStretch(octets, (3 - offset) % 3)
    known[offset] = encoded
    return encoded
  }
}

function encodeStretch(octets: Buffer, headLength: number): Encoded {
  const end = octets.length - ((octets.length - headLength) % 3)
  return {
    head: octets.subarray(0, headLength),
    lines: Buffer.from(`${base64(octets.subarray(headLength, end))}\r\n`, 'latin1'),
    tail: octets.subarray(end),
  }
}
