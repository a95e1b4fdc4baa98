import type { Socket } from 'node:net'

/** Writes messages, one after the other, and knows how much of each the server can have read. */
export type MessageWriter = Readonly<{
  /**
   * @param closing what follows the message, asked for when its end is written: the final dot, and the next envelope
   * @returns whether the server may have read all of it by now
   */
  write(wire: readonly Buffer[], closing: () => string): () => boolean
  /** The end of the last one is written; before that nothing else may be. */
  isDone(): boolean
  /** When a block was last taken from us. */
  progressAt(): number
}>

/** Written in one piece, end and all. */
const SMALL_OCTETS = 16 * 1024
/** A block is written when the one before it is on its way. */
const BLOCK_OCTETS = 256 * 1024
/**
 * At most so much of a longer message is held back, and written with its end: as long as the part before it has not been
 * taken from us by the kernel, the server cannot have read the end.
 */
const TAIL_OCTETS = 512

type Message = { isDone: boolean; isHeadTaken: boolean; readonly closing: () => string }

export function createMessageWriter(socket: Socket): MessageWriter {
  const state = { last: { isDone: true, isHeadTaken: true }, progressAt: 0 }
  const writeEnd = (message: Message, tail: readonly Buffer[]) => {
    socket.write(Buffer.concat([...tail, Buffer.from(message.closing(), 'utf8')]))
    message.isDone = true
  }
  const writeBlocks = (message: Message, blocks: readonly Buffer[][], tail: Buffer) => {
    const [block, ...more] = blocks
    if (block === undefined) return
    const taken = (error?: Error | null) => {
      if (error) return
      state.progressAt = performance.now()
      if (more.length === 0) message.isHeadTaken = true
      else writeBlocks(message, more, tail)
    }
    socket.cork()
    block.forEach((piece, i) => {
      if (i < block.length - 1) socket.write(piece)
      else socket.write(piece, taken)
    })
    socket.uncork()
    if (more.length === 0) writeEnd(message, [tail])
  }
  return {
    write(wire, closing) {
      const octets = wire.reduce((sum, piece) => sum + piece.length, 0)
      const message: Message = { isDone: false, isHeadTaken: octets <= SMALL_OCTETS, closing }
      // As long as the kernel has not taken that one the server cannot have read this one either.
      const before = state.last.isHeadTaken ? null : state.last
      state.progressAt = performance.now()
      state.last = message
      if (message.isHeadTaken) writeEnd(message, wire)
      else {
        const { blocks, tail } = cut(wire)
        writeBlocks(message, blocks, tail)
      }
      return () => message.isDone && message.isHeadTaken && before?.isHeadTaken !== false
    },
    isDone: () => state.last.isDone,
    progressAt: () => state.progressAt,
  }
}

function cut(wire: readonly Buffer[]): { blocks: Buffer[][]; tail: Buffer } {
  const last = wire.at(-1) ?? Buffer.alloc(0)
  const held = Math.min(last.length, TAIL_OCTETS)
  const head = [...wire.slice(0, -1), last.subarray(0, last.length - held)]
  const blocks: Buffer[][] = []
  let room = 0
  for (const piece of head) {
    for (let at = 0; at < piece.length; at += BLOCK_OCTETS) {
      const part = piece.subarray(at, at + BLOCK_OCTETS)
      if (part.length > room) {
        blocks.push([])
        room = BLOCK_OCTETS
      }
      blocks.at(-1)?.push(part)
      room -= part.length
    }
  }
  return { blocks, tail: last.subarray(last.length - held) }
}
