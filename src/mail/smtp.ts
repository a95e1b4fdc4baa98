import type { TransportConfig } from '../config.ts'
import type { Envelope } from './envelope.ts'
import { type MessageBytes, piecesOf, wholeOf } from './message-bytes.ts'
import { type Reply, replyOfNobody } from './reply.ts'
import { type Login, loginOf, openConnection } from './smtp-connect.ts'
import { isAsciiMessage, isUnsafeEnvelope, type Job, toWire } from './smtp-message.ts'
import { SmtpPool } from './smtp-pool.ts'
import type { SendResult } from './smtp-result.ts'

export type { Envelope } from './envelope.ts'
export type { SendResult } from './smtp-result.ts'

export type VerifyResult =
  | { ok: true }
  | { ok: false; fault: 'refused' | 'unavailable'; reply: Reply }

export type SendOptions = Readonly<{
  /** A time of `performance.now()`: if no connection is ready by then, it is not begun. */
  beginBy?: number
  /** The same, of the moment at which its envelope is written: one that stands behind another message may begin later. */
  startBy?: number
  /** Asked when a connection is ready, at most a few times: whether it may still begin. */
  mayBegin?: () => boolean
  /** Asked when the server asks for the message, which may be much later: whether it may still be written. */
  mayGoOn?: () => boolean
  /** Its lines end in CRLF, the last one too, none begins with a dot, and all of it is ASCII: nothing is to be mended. */
  isWireReady?: boolean
}>

export type Sender = Readonly<{
  /** How many connections it may have. */
  connections: number
  /**
   * How many messages are worth handing over at once, as things are; more are let wait. One for each connection, and
   * one for each to follow it: the end of the one and the envelope of the other are then a single write. Where both are
   * written whole (BDAT), one more: composed by the time a reply comes.
   */
  lanes: number
  /** Header fields that its provider writes anew: they are not signed. */
  replaces?: readonly string[]
  /** The header by whose value its relay knows a message that it is handed twice; null: it does not. */
  idempotencyHeader?: string | null
  /** Whose header names the delivery in its events; null: nobody's. */
  eventProvider?: TransportConfig['events']
  /**
   * Never throws for what a server or a network does. `bytes`: a whole message; bare CR and LF are mended and dots
   * stuffed here.
   */
  send(envelope: Envelope, bytes: MessageBytes, options?: SendOptions): Promise<SendResult>
  /** Connects, logs in and says goodbye; a success is also a `resume`. */
  verify(): Promise<VerifyResult>
  /**
   * After a 5xx to greeting, STARTTLS or AUTH every message is refused with that reply, without asking the server,
   * until this is called.
   */
  resume(): void
  /** Lets what is under way finish, for at most `graceMs` (60 s), and closes the connections. */
  close(options?: { graceMs?: number }): Promise<void>
}>

export type SenderOptions = Readonly<{
  /** Messages over one connection; default 100. */
  maxMessages?: number
  /** Silence after the final dot; default 10 minutes (RFC 5321 4.5.3.2.6). */
  silenceTimeoutMs?: number
  /** From the look-up of the name to the end of STARTTLS, and again for the login; default 30 s. */
  connectionTimeoutMs?: number
  /** For each reply to MAIL FROM, RCPT TO and DATA; default 5 minutes (RFC 5321 4.5.3.2.2 and .3), for DATA at most 2. */
  envelopeTimeoutMs?: number
  /** A connection that carries nothing is ended after so long; default 15 s. */
  idleMs?: number
  /** How long a reply takes, at its quickest, of a server that is far; default 10 ms. */
  farMs?: number
  /** What EHLO says; default this machine's name. */
  localName?: string
}>

/**
 * A nearer server gets each message by DATA: at one round trip a message a connection carries a hundred a second and
 * more, and is then held up by other things; and of a process that is stopped one message a connection is on its way,
 * not two.
 */
const FAR_MS = 10

const DEFAULTS = {
  maxMessages: 100,
  silenceTimeoutMs: 10 * 60_000,
  connectionTimeoutMs: 30_000,
  envelopeTimeoutMs: 5 * 60_000,
  idleMs: 15_000,
  farMs: FAR_MS,
}
const CLOSE_GRACE_MS = 60_000

export function createSmtpSender(config: TransportConfig, options: SenderOptions = {}): Sender {
  const settings = { ...DEFAULTS, ...options }
  const login = loginOf(config)
  const pool = new SmtpPool(config, settings, login)
  return Object.freeze({
    connections: config.connections,
    get lanes() {
      return (pool.isChunking ? 3 : 2) * config.connections
    },
    idempotencyHeader: config.limits?.idempotency?.header ?? null,
    eventProvider: config.events ?? null,
    send: (envelope, bytes, sending = {}) =>
      new Promise((resolve) => {
        if (isUnsafeEnvelope(envelope)) {
          const reply = replyOfNobody('not sent: an unsafe address')
          resolve({ outcome: 'rejected', reply })
        } else pool.add(jobOf(envelope, bytes, sending, resolve))
      }),
    verify: () => verify(config, settings, login, pool),
    resume: () => pool.resume(),
    close: ({ graceMs = CLOSE_GRACE_MS } = {}) => pool.close(graceMs),
  } satisfies Sender)
}

function jobOf(
  envelope: Envelope,
  bytes: MessageBytes,
  { beginBy, startBy, mayBegin, mayGoOn = () => true, isWireReady = false }: SendOptions,
  settle: (result: SendResult) => void,
): Job {
  const wire = isWireReady ? piecesOf(bytes) : [toWire(wholeOf(bytes))]
  return {
    ...{ envelope, wire, settle, mayGoOn, retries: 0 },
    octets: wire.reduce((sum, piece) => sum + piece.length, 0),
    // A message whose dots may be stuffed goes by DATA: those of a campaign never are.
    mayChunk: isWireReady,
    isAscii: isWireReady || isAsciiMessage(envelope, wire[0] as Buffer),
    mayStart: () => startBy === undefined || performance.now() <= startBy,
    mayBegin: (inMs = 0) =>
      (beginBy === undefined || performance.now() + inMs <= beginBy) &&
      (mayBegin === undefined || mayBegin()),
  }
}

async function verify(
  config: TransportConfig,
  settings: SenderOptions & typeof DEFAULTS,
  login: Login,
  pool: SmtpPool,
): Promise<VerifyResult> {
  const opened = await openConnection(config, settings, login, AbortSignal.timeout(CLOSE_GRACE_MS))
  if (!opened.ok) return opened
  opened.socket.on('error', () => {})
  opened.socket.end('QUIT\r\n')
  // A server that never closes its side keeps nothing of ours.
  setTimeout(() => opened.socket.destroy(), 2_000).unref()
  pool.resume()
  return { ok: true }
}
