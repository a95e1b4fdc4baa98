import type { Reply } from './reply.ts'

/** What is known of one message after it was handed over. */
export type SendResult =
  | { outcome: 'accepted'; reply: Reply; providerId?: string }
  /** 4xx to RCPT, to DATA or to the end of the message. */
  | { outcome: 'deferred'; reply: Reply }
  /**
   * 5xx to RCPT, to DATA or to the end of the message; or a message that this server cannot be asked to take (no code
   * then). `toRcpt`: it spoke of the reader before it knew the message.
   */
  | { outcome: 'rejected'; reply: Reply; toRcpt?: true }
  /** The server may have read all of it, and no reply came. */
  | { outcome: 'uncertain'; why: string }
  /**
   * The server cannot have it. `refused`: 5xx before RCPT, ours or the relay's fault. `unavailable`: unreachable, 4xx
   * before RCPT, cut off before 354 or before the message was written to its end. `late`: `beginBy` had passed, or
   * `mayBegin` said no, when a connection was ready; nobody's fault, ask about the reader again.
   */
  | { outcome: 'not-begun'; fault: 'refused' | 'unavailable' | 'late'; reply: Reply }

export function notBegun(fault: 'refused' | 'unavailable' | 'late', reply: Reply): SendResult {
  return { outcome: 'not-begun', fault, reply }
}

/** A 5xx before RCPT is ours or the relay's; everything else is weather. */
export function faultOf({ code }: Reply): 'refused' | 'unavailable' {
  return code !== null && code >= 500 ? 'refused' : 'unavailable'
}

/** A 4xx or 5xx about this message. */
export function refusalOf(reply: Reply): SendResult {
  return { outcome: (reply.code ?? 0) >= 500 ? 'rejected' : 'deferred', reply }
}

/** The same to RCPT, where the server knows nothing but the address. */
export function refusalOfReader(reply: Reply): SendResult {
  const result = refusalOf(reply)
  return result.outcome === 'rejected' ? { ...result, toRcpt: true } : result
}
