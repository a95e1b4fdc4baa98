import type { Socket } from 'node:net'
import { type Reply, replyOfNobody } from './reply.ts'
import {
  type Command,
  chunkCommands,
  envelopeCommands,
  patienceMs,
  QUIT,
  QUIT_TIMEOUT_MS,
  RSET,
  textOf,
} from './smtp-commands.ts'
import type { Extensions } from './smtp-connect.ts'
import { createDialogue, type Dialogue } from './smtp-dialogue.ts'
import { type Job, obstacleTo } from './smtp-message.ts'
import { createReplyReader } from './smtp-replies.ts'
import { notBegun, refusalOf, type SendResult } from './smtp-result.ts'
import type { SessionEvents, SessionSettings } from './smtp-session-events.ts'
import {
  knowsNoChunks,
  mayBeWhole,
  resultOfDot,
  resultOfEnd,
  resultOfRefusal,
  type Turn,
} from './smtp-turn.ts'
import { createMessageWriter, type MessageWriter } from './smtp-writer.ts'

/**
 * An envelope is written ahead only to a server that took the last message within this time: on its side the next one
 * begins when this one is done, and by then its reader may have left.
 */
const QUICK_MS = 500

/** By BDAT: one, and one to follow it, which keeps a far server busy. Each more would be one more in the unknown. */
const MOST_TURNS = 2

/**
 * One connection that is greeted and logged in. With PIPELINING the end of one message and the envelope of the next are
 * one write (RFC 2920); without it each command waits for the reply to the one before. Replies come in the order of the
 * commands, so each is matched to its own message however they are cut into packets.
 *
 * A far server that takes CHUNKING gets envelope and message in one write, and a second one behind it: DATA would have
 * to be waited for, a round trip a message. RFC 3030 has the replies to MAIL and RCPT come first, but also has a server
 * discard the octets of a BDAT that it cannot take, so nothing is read for a command. A process that is stopped leaves
 * two messages a connection on their way there, and one elsewhere.
 */
export class SmtpSession {
  readonly #socket: Socket
  readonly #extensions: Extensions
  readonly #settings: SessionSettings
  readonly #events: SessionEvents
  readonly #writer: MessageWriter
  readonly #dialogue: Dialogue
  readonly #turns = new Set<Turn>()
  #begun = 0
  #packet = 0
  #lastTookMs = Number.POSITIVE_INFINITY
  /** A transaction is open that is not to be ended by a message. */
  #needsReset = false
  /** It has said 421. */
  #isLeaving = false
  #ended = false

  constructor(
    socket: Socket,
    extensions: Extensions,
    settings: SessionSettings,
    events: SessionEvents,
  ) {
    this.#socket = socket
    this.#extensions = extensions
    this.#settings = settings
    this.#events = events
    this.#writer = createMessageWriter(socket)
    this.#dialogue = createDialogue(socket, extensions.pipelining)
    const read = createReplyReader(
      (reply) => this.#onReply(reply),
      (why) => this.#endUnsure(why),
    )
    socket.on('data', (chunk: Buffer) => {
      this.#packet += 1
      if (!this.#ended) read(chunk)
    })
    socket.on('error', (error) => this.#end(error.message))
    socket.on('end', () => this.#end('the server closed the connection'))
    socket.on('close', () => this.#end('the connection was closed'))
  }

  /** Nothing is under way, and it may carry one more. */
  get isIdle(): boolean {
    return !this.#ended && this.#rests() && this.#begun < this.#settings.maxMessages
  }

  /** Messages go by BDAT, envelope and all in one write; the first by DATA, which measures. */
  get isChunking(): boolean {
    const { pipelining, chunking } = this.#extensions
    return pipelining && chunking && this.#begun > 0 && this.#events.mayChunk()
  }

  /** The end of its message is written, and this one, or its envelope, may be written behind it. */
  mayFollow(job: Job): boolean {
    const last = this.#dialogue.last()
    return (
      this.#mayWriteAhead() &&
      (last === 'dot' || last === 'bdat') &&
      this.#turns.size < MOST_TURNS &&
      this.#writer.isDone() &&
      // Nobody will be asked again when the server is done with the one before.
      (!this.#goesByChunk(job) || job.mayBegin(this.#lastTookMs))
    )
  }

  begin(job: Job): void {
    const isChunk = this.#goesByChunk(job)
    if (isChunk && !job.mayGoOn()) {
      job.settle(notBegun('late', replyOfNobody('not sent: too late')))
      return
    }
    const turn = this.#take(job)
    if (turn === null) return
    if (isChunk) this.#sayWhole(turn)
    else this.#dialogue.say([...this.#resetBefore(), ...envelopeCommands(turn, this.#extensions)])
  }

  quit(): void {
    if (this.#ended) return
    if (this.#rests()) this.#dialogue.say([QUIT])
  }

  destroy(why: string): void {
    this.#endUnsure(why)
  }

  /** Ends it if the server has been silent for too long, and if there was nothing to send for too long. */
  check(now: number): void {
    if (this.#ended) return
    if (this.#rests()) {
      if (now - this.#dialogue.since() > this.#settings.idleMs) this.quit()
      return
    }
    const since = Math.max(this.#dialogue.since(), this.#writer.progressAt())
    const patience = this.#isLeaving
      ? QUIT_TIMEOUT_MS
      : patienceMs(this.#dialogue.first(), this.#settings)
    if (now - since > patience) this.#endUnsure('no reply in time')
  }

  #rests(): boolean {
    return this.#turns.size === 0 && this.#dialogue.rests()
  }

  #mayWriteAhead(): boolean {
    return (
      this.#extensions.pipelining &&
      !this.#ended &&
      !this.#isLeaving &&
      this.#lastTookMs < QUICK_MS &&
      this.#begun < this.#settings.maxMessages
    )
  }

  #goesByChunk(job: Job): boolean {
    return job.mayChunk && this.isChunking
  }

  /** null: the server cannot be asked to take it, which is settled. */
  #take(job: Job): Turn | null {
    const obstacle = obstacleTo(job, this.#extensions)
    if (obstacle !== null) {
      job.settle({ outcome: 'rejected', reply: obstacle })
      return null
    }
    const [isFirst, follows] = [this.#begun === 0, this.#turns.size > 0]
    const saidAt = performance.now()
    const turn: Turn = { job, isFirst, follows, saidAt, refused: null, written: null }
    this.#begun += 1
    this.#turns.add(turn)
    return turn
  }

  /** Behind a BDAT without an answer too: what one that fails leaves behind is not known (RFC 3030, 2). */
  #resetBefore(): Command[] {
    const isNeeded = this.#needsReset || this.#dialogue.awaits('bdat')
    this.#needsReset = false
    return isNeeded ? [RSET] : []
  }

  #sayWhole(turn: Turn): void {
    const commands = [...this.#resetBefore(), ...chunkCommands(turn, this.#extensions)]
    this.#dialogue.note(commands)
    const pieces = [Buffer.from(textOf(commands), 'utf8'), ...turn.job.wire]
    this.#write(turn, pieces, () => this.#whatFollows(), true)
  }

  #write(turn: Turn, pieces: readonly Buffer[], closing: () => string, isChunk = false): void {
    const [at, afterPacket] = [performance.now(), this.#packet]
    turn.written = { at, afterPacket, isChunk, mayBeWhole: this.#writer.write(pieces, closing) }
  }

  /** @returns whether to read on */
  #onReply(reply: Reply): boolean {
    const command = this.#dialogue.hear()
    if (command === undefined || command.awaits === 'quit') {
      this.#end(`the server said ${reply.code ?? ''}: ${reply.text}`)
      return false
    }
    const written = command.turn?.written
    if (this.#isLeaving || (written?.isChunk && written.afterPacket === this.#packet)) {
      this.#endUnsure(`answered what it was not asked: ${reply.text}`)
      return false
    }
    this.#understand(command, reply)
    if (reply.code === 421) this.#onGoodbye(reply)
    if (this.#ended) return false
    this.#dialogue.goOn()
    if (this.#rests()) this.#onRest()
    else this.#follow()
    return true
  }

  /**
   * RFC 5321 3.8: who says 421 closes, and does nothing more that it was asked. It is let show that where it may have a
   * message whole.
   */
  #onGoodbye({ text }: Reply): void {
    this.#isLeaving = true
    if (![...this.#turns].some(mayBeWhole)) this.#end(text)
  }

  #onRest(): void {
    if (this.#begun >= this.#settings.maxMessages) this.quit()
    else this.#events.onIdle()
  }

  #understand({ awaits, turn }: Command, reply: Reply): void {
    const code = reply.code ?? 0
    if (turn === null || awaits === 'empty-dot') {
      // After RSET or an empty message that failed, nobody knows what the next envelope would be added to.
      if (awaits === 'rset' && code >= 300 && code !== 421) this.#end(`answered RSET by ${code}`)
      return
    }
    if (awaits === 'mail' || awaits === 'rcpt') this.#onEnvelopeReply(turn, awaits, reply)
    else if (awaits === 'data') this.#onDataReply(turn, reply)
    else if (awaits === 'bdat') this.#onChunkReply(turn, reply)
    else this.#onDotReply(turn, reply)
  }

  #onEnvelopeReply(turn: Turn, by: 'mail' | 'rcpt', reply: Reply): void {
    const code = reply.code ?? 0
    if (by === 'mail') this.#events.onRoundTrip(performance.now() - turn.saidAt)
    if (code < 300) return
    if (code < 400) {
      this.#end(`answered ${by.toUpperCase()} by ${code}`)
      return
    }
    turn.refused ??= { by, reply }
    // Asked in one go, the answer to DATA comes before all is known.
    if (this.#extensions.pipelining || code === 421) return
    this.#dialogue.drop()
    this.#settleRefused(turn)
  }

  #settleRefused(turn: Turn): void {
    if (turn.refused === null) return
    this.#needsReset = turn.refused.by === 'rcpt'
    this.#settle(turn, resultOfRefusal(turn.refused))
  }

  #onDataReply(turn: Turn, reply: Reply): void {
    const code = reply.code ?? 0
    if (code < 300) this.#end(`answered DATA by ${code}`)
    else if (code < 400) this.#onAsked(turn)
    else if (turn.refused !== null) this.#settleRefused(turn)
    else {
      this.#needsReset = true
      this.#settle(turn, refusalOf(reply))
    }
  }

  #onAsked(turn: Turn): void {
    const { refused } = turn
    if (refused === null) {
      this.#writeMessage(turn)
      return
    }
    this.#settle(turn, resultOfRefusal(refused))
    // RFC 2920 3.1: a server that asks for a message to nobody gets an empty one. One that does without a sender is not
    // to be trusted with that either.
    if (refused.by === 'mail') this.#end('asked for a message from nobody')
    else this.#dialogue.say([{ awaits: 'empty-dot', turn, text: '.\r\n' }])
  }

  #writeMessage(turn: Turn): void {
    // When its envelope was written ahead it was not known when it would begin, which is now.
    const { job, follows } = turn
    if (!job.mayGoOn() || (follows && !job.mayBegin())) {
      this.#settle(turn, notBegun('late', replyOfNobody('not sent: too late')))
      this.#end('a message was no longer to be sent')
      return
    }
    this.#dialogue.note([{ awaits: 'dot', turn, text: '' }])
    this.#write(turn, job.wire, () => `.\r\n${this.#whatFollows()}`)
  }

  /** In the same write as the end of a message. */
  #whatFollows(): string {
    if (this.isChunking) {
      // Messages are written one after the other: when the end of this one is.
      queueMicrotask(() => this.#follow())
      return ''
    }
    while (this.#mayWriteAhead()) {
      const job = this.#events.takeNext(() => true)
      if (job === null) break
      const turn = this.#take(job)
      if (turn === null) continue
      const commands = [...this.#resetBefore(), ...envelopeCommands(turn, this.#extensions)]
      this.#dialogue.note(commands)
      return textOf(commands)
    }
    return ''
  }

  /** By BDAT it need not be asked for. */
  #follow(): void {
    while (!this.#ended && this.isChunking) {
      const job = this.#events.takeNext((each) => this.mayFollow(each))
      if (job === null) return
      this.begin(job)
    }
  }

  #onChunkReply(turn: Turn, reply: Reply): void {
    const code = reply.code ?? 0
    const { refused } = turn
    if (refused === null) {
      if (knowsNoChunks(reply)) this.#onNoChunks(turn, reply)
      else this.#onDotReply(turn, reply)
    } else if (refused.by === 'mail' && code < 400) {
      this.#settle(turn, { outcome: 'uncertain', why: 'took a message from nobody' })
      this.#end('took a message from nobody')
    } else {
      this.#settleRefused(turn)
      if (!mayBeWhole(turn)) this.#end(`answered too early: ${reply.text}`)
    }
    if (code >= 400) this.#needsReset = true
  }

  /** What stands behind it is read as commands by now. */
  #onNoChunks(turn: Turn, { text }: Reply): void {
    this.#turns.delete(turn)
    this.#events.onChunkLost()
    this.#events.onStale(turn.job)
    this.#end(`does not know BDAT: ${text}`)
  }

  #onDotReply(turn: Turn, reply: Reply): void {
    const { at = 0, afterPacket } = turn.written ?? {}
    const isWhole = mayBeWhole(turn) && afterPacket !== this.#packet
    const result = resultOfDot(reply, isWhole)
    this.#lastTookMs = performance.now() - at
    this.#settle(turn, result)
    // What it says from here on is not about what we think.
    if (!isWhole || result.outcome === 'uncertain') this.#end(`answered too early: ${reply.text}`)
  }

  #settle(turn: Turn, result: SendResult): void {
    if (!this.#turns.delete(turn)) return
    if (turn.written?.isChunk && result.outcome === 'uncertain') this.#events.onChunkLost()
    turn.job.settle(result)
  }

  /** It said 421 and went on: what it did then is not known. */
  #endUnsure(why: string): void {
    this.#isLeaving = false
    this.#end(why)
  }

  #end(why: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#socket.destroy()
    this.#events.onEnd()
    for (const turn of [...this.#turns]) {
      const result = resultOfEnd(turn, why, this.#isLeaving)
      if (result !== 'stale') this.#settle(turn, result)
      else if (this.#turns.delete(turn)) this.#events.onStale(turn.job)
    }
  }
}
