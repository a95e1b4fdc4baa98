import type { NodemailerError } from 'nodemailer'
import type { TransportConfig } from '../config.ts'
import { isUnsafeInEnvelope } from './address.ts'
import type { Envelope } from './envelope.ts'
import { createHandover, type Handover } from './handover.ts'
import { createLanes, type Lanes } from './lanes.ts'
import { type Reply, readReply, replyOfNobody } from './reply.ts'
import { createPool, type SmtpPool as Pool } from './smtp-pool.ts'
import {
  faultBeforeRecipient,
  isStaleConnection,
  replyTo,
  resultOfFailure,
  type SendResult,
} from './smtp-result.ts'

export type { Envelope } from './envelope.ts'
export type { SendResult } from './smtp-result.ts'

export type VerifyResult =
  | { ok: true }
  | { ok: false; fault: 'refused' | 'unavailable'; reply: Reply }

export type Sender = Readonly<{
  /** How many messages may be under way at once; more are let wait. */
  connections: number
  /**
   * Never throws for what a server or a network does. `bytes`: a whole message; bare CR and LF are mended and dots
   * stuffed here. `beginBy` (a time of `performance.now()`): if no connection is ready by then, it is not begun.
   */
  send(envelope: Envelope, bytes: Buffer, options?: { beginBy?: number }): Promise<SendResult>
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
  /** MAIL FROM to 354; default 5 minutes (RFC 5321 4.5.3.2.2 and .3). */
  envelopeTimeoutMs?: number
  /** What EHLO says; default this machine's name. */
  localName?: string
}>

const DEFAULTS = {
  maxMessages: 100,
  silenceTimeoutMs: 10 * 60_000,
  connectionTimeoutMs: 30_000,
  envelopeTimeoutMs: 5 * 60_000,
}
const CLOSE_GRACE_MS = 60_000

type Settings = SenderOptions & typeof DEFAULTS
type State = { lanes: Lanes; refusal: Reply | null; closed: boolean }

/** nodemailer's pool behind one small shape. It is never given more messages than it has connections. */
export function createSmtpSender(config: TransportConfig, options: SenderOptions = {}): Sender {
  const settings: Settings = { ...DEFAULTS, ...options }
  const pool = createPool(config, settings)
  const state: State = { lanes: createLanes(config.connections), refusal: null, closed: false }
  return {
    connections: config.connections,
    async send(envelope, bytes, { beginBy = Number.POSITIVE_INFINITY } = {}) {
      if (envelope.to === '' || [envelope.from, envelope.to].some(isUnsafeInEnvelope)) {
        return { outcome: 'rejected', reply: replyOfNobody('not sent: an unsafe address') }
      }
      await state.lanes.take()
      try {
        return await handOver(pool, settings, state, envelope, bytes, beginBy)
      } finally {
        state.lanes.give()
      }
    },
    verify: () => verify(pool, state),
    resume() {
      state.refusal = null
    },
    close: ({ graceMs = CLOSE_GRACE_MS } = {}) => close(pool, state, graceMs),
  }
}

async function handOver(
  pool: Pool,
  settings: Settings,
  state: State,
  envelope: Envelope,
  bytes: Buffer,
  beginBy: number,
): Promise<SendResult> {
  // A connection that died of old age says nothing about the server; there are no more such than connections.
  for (let retries = pool.options.maxConnections ?? 1; ; retries--) {
    if (state.closed) return notBegun('unavailable', replyOfNobody('not sent: closing'))
    if (state.refusal) return notBegun('refused', state.refusal)
    if (performance.now() > beginBy) return notBegun('late', replyOfNobody('not sent: too late'))
    const attempt = await attemptOnce(pool, settings, state, envelope, bytes, beginBy)
    if ('response' in attempt) return resultOfSuccess(attempt.response, attempt.handover)
    const { error, handover } = attempt
    if (retries > 0 && isStaleConnection(error, handover)) continue
    return learn(state, handover, resultOfFailure(error, handover))
  }
}

type Attempt = { handover: Handover } & ({ response: string } | { error: NodemailerError })

async function attemptOnce(
  pool: Pool,
  settings: Settings,
  state: State,
  envelope: Envelope,
  bytes: Buffer,
  beginBy: number,
): Promise<Attempt> {
  const abort = new AbortController()
  const stop = () => abort.abort()
  // The socket's own timeout is the long one, for the silence after the final dot.
  let timer = setTimeout(stop, 2 * settings.connectionTimeoutMs)
  const handover = createHandover(
    { to: envelope.to, bytes, beginBy },
    {
      opened() {
        clearTimeout(timer)
        timer = setTimeout(stop, settings.envelopeTimeoutMs)
        state.lanes.setProven(true)
      },
      asked: () => clearTimeout(timer),
    },
  )
  try {
    const mail = { envelope, text: '', signal: abort.signal, handover }
    const { response } = await pool.sendMail(mail)
    return { handover, response: response ?? '' }
  } catch (error) {
    return { handover, error: error as NodemailerError }
  } finally {
    clearTimeout(timer)
  }
}

function resultOfSuccess(response: string, handover: Handover): SendResult {
  const reply = readReply(response)
  // A 250 in the middle of the data is no promise about the whole.
  if (!handover.ended) return { outcome: 'uncertain', why: `answered too early: ${reply.text}` }
  return { outcome: 'accepted', reply }
}

function learn(state: State, handover: Handover, result: SendResult): SendResult {
  if (result.outcome !== 'not-begun' || handover.opened) return result
  state.lanes.setProven(false)
  if (result.fault === 'refused') state.refusal = result.reply
  return result
}

function notBegun(fault: 'refused' | 'unavailable' | 'late', reply: Reply): SendResult {
  return { outcome: 'not-begun', fault, reply }
}

async function verify(pool: Pool, state: State): Promise<VerifyResult> {
  try {
    await pool.verify()
    state.refusal = null
    return { ok: true }
  } catch (error) {
    const failure = error as NodemailerError
    return { ok: false, fault: faultBeforeRecipient(failure), reply: replyTo(failure) }
  }
}

async function close(pool: Pool, state: State, graceMs: number): Promise<void> {
  state.closed = true
  const timer = setTimeout(() => pool.close({ force: true }), graceMs)
  await state.lanes.drain()
  clearTimeout(timer)
  pool.close()
}
