import type { TransportConfig } from '../config.ts'
import type { Reply } from './reply.ts'

export type Envelope = Readonly<{ from: string; to: string }>

/** What is known of one message after it was handed over. */
export type SendResult =
  | { outcome: 'accepted'; reply: Reply }
  /** 4xx to RCPT, to DATA or to the end of the message. */
  | { outcome: 'deferred'; reply: Reply }
  /** 5xx to RCPT, to DATA or to the end of the message. */
  | { outcome: 'rejected'; reply: Reply }
  /** All of it was asked for, and no reply came. */
  | { outcome: 'uncertain'; why: string }
  /**
   * The server cannot have it. `refused`: 5xx before RCPT, ours or the relay's fault. `unavailable`: unreachable, 4xx
   * before RCPT, cut off before 354 or before the message was read to its end.
   */
  | { outcome: 'not-begun'; fault: 'refused' | 'unavailable'; reply: Reply }

export type VerifyResult =
  | { ok: true }
  | { ok: false; fault: 'refused' | 'unavailable'; reply: Reply }

export type Sender = Readonly<{
  /** How many messages may be under way at once. */
  connections: number
  /** Never throws for what a server or a network does. `bytes`: a whole message, CRLF or not; dots are stuffed here. */
  send(envelope: Envelope, bytes: Buffer): Promise<SendResult>
  /** Connects, logs in, and says goodbye. */
  verify(): Promise<VerifyResult>
  /** After the first 5xx before RCPT nothing is begun any more, until this is called. */
  resume(): void
  /** Lets what is under way finish, then closes the connections. */
  close(): Promise<void>
}>

export type SenderOptions = Readonly<{
  /** Messages over one connection; default 100. */
  maxMessages?: number
  /** Silence after the final dot; default 10 minutes (RFC 5321 4.5.3.2.6). */
  silenceTimeoutMs?: number
  /** Default 30 s. */
  connectionTimeoutMs?: number
  /** What EHLO says; default this machine's name. */
  localName?: string
}>

export function createSmtpSender(_config: TransportConfig, _options: SenderOptions = {}): Sender {
  throw new Error('not written yet')
}
