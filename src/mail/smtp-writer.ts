import type { Socket } from 'node:net'

/** Writes one message at a time, and knows how much of it the server can have read. */
export type MessageWriter = Readonly<{
  /** @param closing what follows the message, asked for when its end is written: the final dot, and the next envelope */
  write(wire: readonly Buffer[], closing: () => string): void
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
 * At most so much of a longer message is held back, and written with its end: as long as the part before it has not been
 * taken from us by the kernel, the server cannot have read the end.
 */
const TAIL_OCTETS = 512

export function createMessageWriter(socket: Socket): MessageWriter {
  const state = { isDone: true, isHeadTaken: true, progressAt: 0 }
  const writeEnd = (tail: readonly Buffer[], closing: () => string) => {
    socket.write(Buffer.concat([...tail, Buffer.from(closing(), 'utf8')]))
    state.isDone = true
  }
  const writeBlocks = (blocks: readonly Buffer[][], tail: Buffer, closing: () => string) => {
    const [block, ...more] = blocks
    if (block === undefined) return
    const taken = (error?: Error | null) => {
      if (error) return
      state.progressAt = performance.now()
      if (more.length === 0) state.isHeadTaken = true
      else writeBlocks(more, tail, closing)
    }
    socket.cork()
    block.forEach((piece, i) => {
      if (i < block.length - 1) socket.write(piece)
      else socket.write(piece, taken)
    })
    socket.uncork()
    if (more.length === 0) writeEnd([tail], closing)
  }
  return {
    write(wire, closing) {
      const octets = wire.reduce((sum, piece) => sum + piece.length, 0)
      state.progressAt = performance.now()
      state.isDone = false
      state.isHeadTaken = octets <= SMALL_OCTETS
      if (state.isHeadTaken) return writeEnd(wire, closing)
      const { blocks, tail } = cut(wire)
      return writeBlocks(blocks, tail, closing)
    },
    isDone: () => state.isDone,
    mayBeWhole: () => state.isDone && state.isHeadTaken,
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
