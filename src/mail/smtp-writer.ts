import type { Socket } from 'node:net'

/** Writes one message at a time, and knows how much of it the server can have read. */
export type MessageWriter = Readonly<{
  /** @param closing what follows the message, asked for when its end is written: the final dot, and the next envelope */
  write(wire: Buffer, closing: () => string): void
  /** The end is written; before that nothing else may be. */
  isDone(): boolean
  /** The server may have read all of it. */
  mayBeWhole(): boolean
  /** When a block was last taken from us. */
  progressAt(): number
}>

/** Written in one piece, end and all. */
const SMALL_OCTETS = 16 * 1024
/** A block is written when the one before it is on its way. */
const BLOCK_OCTETS = 256 * 1024
/**
 * So much of a longer message is held back, and written with its end: as long as the part before it has not been taken
 * from us by the kernel, the server cannot have read the end.
 */
const TAIL_OCTETS = 512

export function createMessageWriter(socket: Socket): MessageWriter {
  const state = { isDone: true, isHeadTaken: true, progressAt: 0 }
  const writeEnd = (tail: Buffer, closing: () => string) => {
    socket.write(Buffer.concat([tail, Buffer.from(closing(), 'utf8')]))
    state.isDone = true
  }
  const writeFrom = (wire: Buffer, at: number, closing: () => string) => {
    const cut = wire.length - TAIL_OCTETS
    const end = Math.min(at + BLOCK_OCTETS, cut)
    const isLast = end === cut
    socket.write(wire.subarray(at, end), (error) => {
      if (error) return
      state.progressAt = performance.now()
      if (isLast) state.isHeadTaken = true
      else writeFrom(wire, end, closing)
    })
    if (isLast) writeEnd(wire.subarray(cut), closing)
  }
  return {
    write(wire, closing) {
      state.progressAt = performance.now()
      state.isDone = false
      state.isHeadTaken = wire.length <= SMALL_OCTETS
      if (state.isHeadTaken) writeEnd(wire, closing)
      else writeFrom(wire, 0, closing)
    },
    isDone: () => state.isDone,
    mayBeWhole: () => state.isDone && state.isHeadTaken,
    progressAt: () => state.progressAt,
  }
}
