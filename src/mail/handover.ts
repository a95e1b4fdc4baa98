import { Readable } from 'node:stream'

/** How far a message got, seen from the only place that knows: the stream that its bytes are read from. */
export type Handover = {
  /** Connected and logged in; MAIL FROM is sent next. */
  readonly opened: boolean
  /** The server said 354. */
  readonly asked: boolean
  /** Read to its end: the final dot may have been sent. */
  readonly ended: boolean
  /** The moment to begin had passed when the connection was ready. */
  readonly late: boolean
  /** Who it goes to, asked when a connection is ready; nobody if it is late. */
  recipients(): string[]
  open(): Readable
}

/** Large enough for most issues to be one read, small enough to tell a cut in the middle of a long one. */
const CHUNK_OCTETS = 16 * 1024

/**
 * nodemailer asks for a message's envelope and stream when a connection is ready for it, and reads nothing of the
 * stream before 354. `beginBy` is a time of `performance.now()`.
 */
export function createHandover(
  message: Readonly<{ to: string; bytes: Buffer; beginBy: number }>,
  on: Readonly<{ opened(): void; asked(): void }>,
): Handover {
  const state = { opened: false, asked: false, ended: false, late: false }
  return Object.assign(state, {
    recipients() {
      state.opened = true
      state.late = performance.now() > message.beginBy
      on.opened()
      // Without a recipient nothing is sent, and the connection is kept for the next.
      return state.late ? [] : [message.to]
    },
    open() {
      let at = 0
      return new Readable({
        highWaterMark: CHUNK_OCTETS,
        read() {
          if (!state.asked) on.asked()
          state.asked = true
          state.ended = at >= message.bytes.length
          this.push(state.ended ? null : message.bytes.subarray(at, at + CHUNK_OCTETS))
          at += CHUNK_OCTETS
        },
      })
    },
  })
}
