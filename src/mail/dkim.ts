import { createHash, type KeyObject, sign as signOctets } from 'node:crypto'
import { relaxedBody, relaxedField, withLineEnds } from './canonical.ts'
import { type DkimKeyType, readDkimKey } from './dkim-keys.ts'
import type { Envelope } from './envelope.ts'

/** A message before it is signed. */
export type Unsigned = Readonly<{
  /** As on the wire, each with its CRLF. */
  fields: readonly string[]
  /** In order; strings are Latin-1. */
  body: readonly (Buffer | string)[]
  /** The body is what RFC 6376, 3.4.4 would make of it: lines end in CRLF, no run of white space, none at an end. */
  isCanonical: boolean
  /** Fields that the transport's provider writes anew: a signature over them would break on the way. */
  replaced?: readonly string[]
}>

/**
 * @returns header fields to stand before the others, each with its CRLF. DKIM2 signs the envelope too, so signers get it.
 */
export type Signer = (message: Unsigned, envelope: Envelope) => Promise<string>

export type DkimOptions = Readonly<{
  domain: string
  /** A signature by each: RFC 8463 wants RSA beside Ed25519 as long as not everybody verifies the latter. */
  keys: readonly Readonly<{ selector: string; privateKeyPem: string }>[]
}>

/**
 * RFC 6376 5.4.1, what RFC 8058 section 4 requires (List-Unsubscribe and its -Post), what RFC 9477 requires (CFBL), and
 * what providers group complaints by. There is never an `l=`: whoever can append to a signed body can replace it.
 */
const SIGNED_FIELDS = [
  ...['From', 'Sender', 'Reply-To', 'To', 'Cc', 'Subject', 'Date', 'Message-ID', 'In-Reply-To'],
  ...['References', 'MIME-Version', 'Content-Type', 'Content-Transfer-Encoding', 'List-Id'],
  ...['List-Unsubscribe', 'List-Unsubscribe-Post', 'Feedback-ID', 'CFBL-Address'],
  ...['CFBL-Feedback-ID', 'Precedence', 'Auto-Submitted'],
]
/** Named once more than they occur, so that none can be added (RFC 6376, 8.15): what a reader is shown. */
const OVERSIGNED = new Set(['from', 'to', 'cc', 'subject', 'reply-to'])
const LINE = 76

/** @throws PostriderError bad-configuration for a key that cannot sign */
export function createDkimSigner({ domain, keys }: DkimOptions): Signer {
  const read = keys.map(({ selector, privateKeyPem }) => ({
    ...readDkimKey(privateKeyPem),
    selector,
  }))
  const pool = createSigningPool()
  const relaxed = createRelaxer()
  return async (message) => {
    const bodyHash = hashBody(message)
    const { h, signedPart } = selectFields(message, relaxed)
    const signatures = read.map(async ({ key, type, selector }) => {
      const field = signatureField({ type, domain, selector, bodyHash, h })
      const octets = Buffer.from(`${signedPart}${relaxedField(field)}`, 'latin1')
      const signature = await signWith(pool, key, type, octets)
      return `${field}${folded(signature.toString('base64'), 3)}\r\n`
    })
    return (await Promise.all(signatures)).join('')
  }
}

/** A whole message, signed. */
export async function signBytes(
  sign: Signer,
  bytes: Buffer,
  envelope: Envelope,
  replaced: readonly string[] = [],
): Promise<Buffer> {
  // What is signed is what goes over the wire, where every line ends in CRLF.
  const text = withLineEnds(bytes.toString('latin1'))
  const end = text.indexOf('\r\n\r\n')
  const header = end < 0 ? text : text.slice(0, end + 2)
  const fields = header.match(/[^\r\n][^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*/g) ?? []
  const body = end < 0 ? '' : text.slice(end + 4)
  const signatures = await sign({ fields, body: [body], isCanonical: false, replaced }, envelope)
  return Buffer.from(`${signatures}${text}`, 'latin1')
}

function hashBody({ body, isCanonical }: Unsigned): string {
  const hash = createHash('sha256')
  const pieces = isCanonical ? body : [relaxedBody(body.map(latin1).join(''))]
  for (const piece of pieces) {
    if (typeof piece === 'string') hash.update(piece, 'latin1')
    else hash.update(piece)
  }
  return hash.digest('base64')
}

function latin1(piece: Buffer | string): string {
  return typeof piece === 'string' ? piece : piece.toString('latin1')
}

/** Those that are there, the last first where there are several (RFC 6376, 5.4.2). */
function selectFields(
  { fields, replaced = [] }: Unsigned,
  relaxed: (field: string) => string,
): { h: readonly string[]; signedPart: string } {
  const byName = new Map<string, string[]>()
  for (const field of fields) {
    const name = field.slice(0, field.indexOf(':')).trim().toLowerCase()
    byName.set(name, [field, ...(byName.get(name) ?? [])])
  }
  const h: string[] = []
  let signedPart = ''
  for (const name of SIGNED_FIELDS) {
    if (replaced.includes(name)) continue
    const found = byName.get(name.toLowerCase()) ?? []
    for (const field of found) {
      h.push(name)
      signedPart += `${relaxed(field)}\r\n`
    }
    if (OVERSIGNED.has(name.toLowerCase())) h.push(name)
  }
  return { h, signedPart }
}

function signatureField(
  parts: Readonly<{
    type: DkimKeyType
    domain: string
    selector: string
    bodyHash: string
    h: readonly string[]
  }>,
): string {
  const { type, domain, selector, bodyHash, h } = parts
  const seconds = Math.floor(Date.now() / 1000)
  return [
    `DKIM-Signature: v=1; a=${type}-sha256; c=relaxed/relaxed; d=${domain};`,
    ` s=${selector}; t=${seconds};`,
    ` h=${foldedNames(h)};`,
    ` bh=${bodyHash};`,
    ' b=',
  ].join('\r\n')
}

type SigningPool = (algorithm: string | null, octets: Buffer, key: KeyObject) => Promise<Buffer>

/**
 * On libuv's threads, and given to them at the end of a turn of the event loop: a thread that wakes takes the processor
 * from who woke it, in the middle of other messages.
 */
function createSigningPool(): SigningPool {
  const starts: (() => void)[] = []
  const startAll = () => {
    for (const start of starts.splice(0)) start()
  }
  return (algorithm, octets, key) =>
    new Promise((resolve, reject) => {
      const settle = (error: Error | null, signature: Buffer) =>
        error === null ? resolve(signature) : reject(error)
      if (starts.push(() => signOctets(algorithm, octets, key, settle)) === 1)
        setImmediate(startAll)
    })
}

/** RFC 8463, 3: Ed25519 signs the hash of what RSA signs itself. */
function signWith(
  pool: SigningPool,
  key: KeyObject,
  type: DkimKeyType,
  octets: Buffer,
): Promise<Buffer> {
  return type === 'rsa'
    ? pool('sha256', octets, key)
    : pool(null, createHash('sha256').update(octets).digest(), key)
}

function foldedNames(h: readonly string[]): string {
  let text = ''
  let column = 3
  h.forEach((name, i) => {
    const piece = i === 0 ? name : `:${name}`
    if (column + piece.length > LINE) {
      text += '\r\n '
      column = 1
    }
    text += piece
    column += piece.length
  })
  return text
}

function folded(base64: string, column: number): string {
  const first = base64.slice(0, LINE - column)
  const rest = base64.slice(first.length).match(/.{1,75}/g) ?? []
  return [first, ...rest].join('\r\n ')
}

/** Most fields are those of the message before: then what was made of them is. */
function createRelaxer(): (field: string) => string {
  const last = new Map<string, { field: string; relaxed: string }>()
  return (field) => {
    const name = field.slice(0, field.indexOf(':'))
    const known = last.get(name)
    if (known?.field === field) return known.relaxed
    const relaxed = relaxedField(field)
    last.set(name, { field, relaxed })
    return relaxed
  }
}
