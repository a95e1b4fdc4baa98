import type { Socket } from 'node:net'
import { type Reply, readReply, replyOfNobody } from './reply.ts'
import { type Command, envelopeCommands, patienceMs, QUIT, RSET, textOf } from './smtp-commands.ts'
import type { Extensions } from './smtp-connect.ts'
import { type Job, obstacleTo } from './smtp-message.ts'
import { createReplyReader } from './smtp-replies.ts'
import { notBegun, refusalOf, type SendResult } from './smtp-result.ts'
import { resultOfDot, resultOfEnd, resultOfRefusal, type Turn } from './smtp-turn.ts'
import { createMessageWriter, type MessageWriter } from './smtp-writer.ts'

export type SessionSettings = Readonly<{
  maxMessages: number
  silenceTimeoutMs: number
  envelopeTimeoutMs: number
  idleMs: number
}>

export type SessionEvents = Readonly<{
  /** A message to follow the one whose end is about to be written; null: none waits that may begin. */
  takeNext(): Job | null
  onIdle(): void
  /** The connection was of an age at which servers close it: the message goes over another. */
  onStale(job: Job): void
  onEnd(session: SmtpSession): void
}>

/**
 * An envelope is written ahead only to a server that took the last message within this time: on its side the next one
 * begins when this one is done, and by then its reader may have left.
 */
const QUICK_MS = 500

/**
 * One connection that is greeted and logged in. With PIPELINING the end of one message and the envelope of the next are
 * one write (RFC 2920); without it each command waits for the reply to the one before. Replies come in the order of the
 * commands, so each is matched to its own message however they are cut into packets.
 */
export class SmtpSession {
  readonly #socket: Socket
  readonly #extensions: Extensions
  readonly #settings: SessionSettings
  readonly #events: SessionEvents
  readonly #writer: MessageWriter
  /** Written and not answered yet. */
  readonly #awaited: Command[] = []
  /** Without PIPELINING: what is still to be said. */
  readonly #unsaid: Command[] = []
  readonly #turns = new Set<Turn>()
  #begun = 0
  #packet = 0
  #askedAt = 0
  #lastTookMs = Number.POSITIVE_INFINITY
  /** When the last reply came, or something was said after a rest. */
  #since = performance.now()
  /** A transaction is open that is not to be ended by a message. */
  #needsReset = false
  #ended = false
  #known: { wire: string; reply: Reply } | null = null

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
    const read = createReplyReader(
      (_code, wire) => this.#onReply(wire),
      (why) => this.#end(why),
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

  /** The end of its message is written, and the next envelope may be written behind it. */
  get mayFollow(): boolean {
    return (
      this.#mayWriteAhead() &&
      this.#awaited.length === 1 &&
      this.#awaited[0]?.awaits === 'dot' &&
      this.#writer.isDone()
    )
  }

  begin(job: Job): void {
    const commands = this.#envelopeOf(job)
    if (commands !== null) this.#say(commands)
  }

  quit(): void {
    if (this.#ended) return
    if (this.#rests()) this.#say([QUIT])
  }

  destroy(why: string): void {
    this.#end(why)
  }

  /** Ends it if the server has been silent for too long, and if there was nothing to send for too long. */
  check(now: number): void {
    if (this.#ended) return
    if (this.#rests()) {
      if (now - this.#since > this.#settings.idleMs) this.quit()
      return
    }
    const since = Math.max(this.#since, this.#awaitsDot() ? this.#writer.progressAt() : 0)
    const awaits = this.#awaited[0]?.awaits
    const patience = patienceMs(awaits, this.#writer.mayBeWhole(), this.#settings)
    if (now - since > patience) this.#end('no reply in time')
  }

  #rests(): boolean {
    return this.#turns.size + this.#awaited.length + this.#unsaid.length === 0
  }

  #awaitsDot(): boolean {
    return this.#awaited[0]?.awaits === 'dot'
  }

  #mayWriteAhead(): boolean {
    return (
      this.#extensions.pipelining &&
      !this.#ended &&
      this.#lastTookMs < QUICK_MS &&
      this.#begun < this.#settings.maxMessages
    )
  }

  /** null: the server cannot be asked to take it, which is settled. */
  #envelopeOf(job: Job): Command[] | null {
    const obstacle = obstacleTo(job, this.#extensions)
    if (obstacle !== null) {
      job.settle({ outcome: 'rejected', reply: obstacle })
      return null
    }
    const follows = this.#turns.size > 0
    const turn: Turn = { job, isFirst: this.#begun === 0, follows, refused: null, askedIn: null }
    this.#begun += 1
    this.#turns.add(turn)
    const reset = this.#needsReset
    this.#needsReset = false
    return [...(reset ? [RSET] : []), ...envelopeCommands(turn, this.#extensions)]
  }

  #say(commands: readonly Command[]): void {
    if (this.#awaited.length === 0) this.#since = performance.now()
    if (this.#extensions.pipelining) {
      this.#awaited.push(...commands)
      this.#socket.write(textOf(commands), 'utf8')
    } else {
      this.#unsaid.push(...commands)
      this.#sayNext()
    }
  }

  #sayNext(): void {
    if (this.#ended || this.#awaited.length > 0) return
    const command = this.#unsaid.shift()
    if (command === undefined) return
    this.#awaited.push(command)
    this.#socket.write(command.text, 'utf8')
  }

  /** @returns whether to read on */
  #onReply(wire: string): boolean {
    const command = this.#awaited.shift()
    const reply = this.#read(wire)
    if (command === undefined || command.awaits === 'quit') {
      this.#end(`the server said ${reply.code ?? ''}: ${reply.text}`)
      return false
    }
    this.#since = performance.now()
    this.#understand(command, reply)
    // RFC 5321 3.8: who says 421 closes.
    if (reply.code === 421) this.#end(reply.text)
    if (this.#ended) return false
    this.#sayNext()
    if (this.#rests()) this.#onRest()
    return true
  }

  #onRest(): void {
    if (this.#begun >= this.#settings.maxMessages) this.quit()
    else this.#events.onIdle()
  }

  /** Most servers say the same to each message. */
  #read(wire: string): Reply {
    if (this.#known?.wire !== wire) this.#known = { wire, reply: readReply(wire) }
    return this.#known.reply
  }

  #understand({ awaits, turn }: Command, reply: Reply): void {
    const code = reply.code ?? 0
    if (turn === null || awaits === 'empty-dot') {
      // After RSET or an empty message that failed, nobody knows what the next envelope would be added to.
      if (awaits === 'rset' && code >= 300) this.#end(`answered RSET by ${code}`)
      return
    }
    if (awaits === 'mail' || awaits === 'rcpt') this.#onEnvelopeReply(turn, awaits, reply)
    else if (awaits === 'data') this.#onDataReply(turn, reply)
    else this.#onDotReply(turn, reply)
  }

  #onEnvelopeReply(turn: Turn, by: 'mail' | 'rcpt', reply: Reply): void {
    const code = reply.code ?? 0
    if (code < 300) return
    if (code < 400) {
      this.#end(`answered ${by.toUpperCase()} by ${code}`)
      return
    }
    turn.refused ??= { by, reply }
    // Asked in one go, the answer to DATA comes before all is known.
    if (this.#extensions.pipelining || code === 421) return
    this.#unsaid.length = 0
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
    else this.#say([{ awaits: 'empty-dot', turn, text: '.\r\n' }])
  }

  #writeMessage(turn: Turn): void {
    // When its envelope was written ahead it was not known when it would begin, which is now.
    const { job, follows } = turn
    if (!job.mayGoOn() || (follows && !job.mayBegin())) {
      this.#settle(turn, notBegun('late', replyOfNobody('not sent: too late')))
      this.#end('a message was no longer to be sent')
      return
    }
    turn.askedIn = this.#packet
    this.#askedAt = performance.now()
    this.#awaited.push({ awaits: 'dot', turn, text: '' })
    this.#writer.write(job.wire, () => `.\r\n${this.#nextEnvelope()}`)
  }

  #nextEnvelope(): string {
    while (this.#mayWriteAhead()) {
      const job = this.#events.takeNext()
      if (job === null) break
      const commands = this.#envelopeOf(job)
      if (commands === null) continue
      this.#awaited.push(...commands)
      return textOf(commands)
    }
    return ''
  }

  #onDotReply(turn: Turn, reply: Reply): void {
    const mayBeWhole = this.#writer.mayBeWhole() && turn.askedIn !== this.#packet
    const result = resultOfDot(reply, mayBeWhole)
    this.#lastTookMs = performance.now() - this.#askedAt
    this.#settle(turn, result)
    // What it says from here on is not about what we think.
    if (!mayBeWhole || result.outcome === 'uncertain')
      this.#end(`answered too early: ${reply.text}`)
  }

  #settle(turn: Turn, result: SendResult): void {
    if (this.#turns.delete(turn)) turn.job.settle(result)
  }

  #end(why: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#socket.destroy()
    this.#events.onEnd(this)
    const mayBeWhole = this.#writer.mayBeWhole()
    for (const turn of [...this.#turns]) {
      const result = resultOfEnd(turn, mayBeWhole, why)
      this.#turns.delete(turn)
      if (result === 'stale') this.#events.onStale(turn.job)
      else turn.job.settle(result)
    }
  }
}
