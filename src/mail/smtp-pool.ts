import type { TransportConfig } from '../config.ts'
import { type Reply, replyOfNobody } from './reply.ts'
import { type ConnectSettings, type Login, openConnection } from './smtp-connect.ts'
import type { Job } from './smtp-message.ts'
import { notBegun, type SendResult } from './smtp-result.ts'
import { SmtpSession } from './smtp-session.ts'
import type { SessionSettings } from './smtp-session-events.ts'

export type PoolSettings = SessionSettings &
  ConnectSettings &
  Readonly<{
    /** A server whose replies never came sooner than this is far. */
    farMs: number
  }>

/** How soon a message that may no longer begin is seen among those that wait. */
const LOOK_EVERY_MS = 100
/** A server that takes fewer connections than we would like is not asked for one more for so long. */
const ENOUGH_MS = 30_000
/**
 * A server that took a message by BDAT and never said so gets none that way for so long: at one that closes without a
 * word after so many, each connection would leave one in the unknown.
 */
const CHUNKS_AGAIN_MS = 24 * 60 * 60_000

/** Connections to one server, and the messages that wait for one. */
export class SmtpPool {
  readonly #config: TransportConfig
  readonly #settings: PoolSettings
  readonly #login: Login
  readonly #waiting: Job[] = []
  readonly #sessions = new Set<SmtpSession>()
  readonly #opening = new Set<AbortController>()
  /** A login has worked, so that a revoked one costs one attempt and not one for each connection. */
  #proven = false
  #refusal: Reply | null = null
  #enoughUntil = 0
  #noChunksUntil = 0
  /** The shortest that was seen on any connection: a busy process sees most of them later than they came. */
  #roundTripMs = Number.POSITIVE_INFINITY
  #closed = false
  #timer: NodeJS.Timeout | undefined
  #onEmpty: (() => void) | null = null

  constructor(config: TransportConfig, settings: PoolSettings, login: Login) {
    this.#config = config
    this.#login = login
    this.#settings = settings
  }

  add(job: Job): void {
    this.#waiting.push(job)
    this.#pump()
  }

  /** A connection has messages written whole, one behind the other. */
  get isChunking(): boolean {
    for (const session of this.#sessions) if (session.isChunking) return true
    return false
  }

  resume(): void {
    this.#refusal = null
    this.#enoughUntil = 0
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true
    for (const abort of this.#opening) abort.abort()
    this.#pump()
    for (const session of this.#sessions) session.quit()
    const end = () => {
      for (const session of [...this.#sessions]) session.destroy('closed while it was silent')
    }
    const timer = setTimeout(end, graceMs)
    if (this.#sessions.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve
      })
    }
    clearTimeout(timer)
  }

  /** Gives what waits to whoever can take it. */
  #pump(): void {
    this.#tellThoseWhoMayNot()
    for (let session = this.#free(); session !== null; session = this.#free()) {
      const job = this.#waiting.shift()
      if (job !== undefined) session.begin(job)
      this.#tellThoseWhoMayNot()
    }
    for (let i = this.#wanted(); i > 0; i--) void this.#open()
    this.#watch()
  }

  /** Afterwards the first of those that wait may begin. */
  #tellThoseWhoMayNot(): void {
    for (let job = this.#waiting[0]; job !== undefined; job = this.#waiting[0]) {
      const why = this.#whyNot(job)
      if (why === null) return
      this.#waiting.shift()
      job.settle(why)
    }
  }

  #whyNot(job: Job): SendResult | null {
    if (this.#closed) return notBegun('unavailable', replyOfNobody('not sent: closing'))
    if (this.#refusal !== null) return notBegun('refused', this.#refusal)
    if (!job.mayStart() || !job.mayBegin())
      return notBegun('late', replyOfNobody('not sent: too late'))
    return null
  }

  #free(): SmtpSession | null {
    const job = this.#waiting[0]
    if (job === undefined) return null
    for (const session of this.#sessions) if (session.isIdle) return session
    if (this.#haveTheirOwn()) return null
    for (const session of this.#sessions) if (session.mayFollow(job)) return session
    return null
  }

  /** A connection of its own is on its way, or to be had, for each that waits: better than to stand behind another. */
  #haveTheirOwn(): boolean {
    return this.#wanted() > 0 || this.#waiting.length <= this.#opening.size
  }

  #takeNext(mayTake: (job: Job) => boolean): Job | null {
    this.#tellThoseWhoMayNot()
    const job = this.#waiting[0]
    if (job === undefined || this.#haveTheirOwn() || !mayTake(job)) return null
    this.#waiting.shift()
    return job
  }

  /** How many more connections those that wait are worth. */
  #wanted(): number {
    if (this.#closed || this.#refusal !== null) return 0
    if (this.#sessions.size > 0 && performance.now() < this.#enoughUntil) return 0
    const most = this.#proven ? this.#config.connections : 1
    const room = most - this.#sessions.size - this.#opening.size
    return Math.max(0, Math.min(room, this.#waiting.length - this.#opening.size))
  }

  async #open(): Promise<void> {
    const abort = new AbortController()
    this.#opening.add(abort)
    const opened = await openConnection(this.#config, this.#settings, this.#login, abort.signal)
    this.#opening.delete(abort)
    if (!opened.ok) this.#onRefused(opened)
    else if (this.#closed) opened.socket.destroy()
    else {
      this.#proven = true
      const { socket, extensions } = opened
      const session: SmtpSession = new SmtpSession(socket, extensions, this.#settings, {
        takeNext: (mayTake) => this.#takeNext(mayTake),
        onRoundTrip: (ms) => {
          this.#roundTripMs = Math.min(this.#roundTripMs, ms)
        },
        mayChunk: () => this.#mayChunk(),
        onChunkLost: () => {
          this.#noChunksUntil = performance.now() + CHUNKS_AGAIN_MS
        },
        onIdle: () => (this.#closed ? session.quit() : this.#pump()),
        onStale: (job) => this.#onStale(job),
        onEnd: () => this.#onEnd(session),
      })
      this.#sessions.add(session)
    }
    this.#pump()
  }

  #mayChunk(): boolean {
    const isFar = Number.isFinite(this.#roundTripMs) && this.#roundTripMs >= this.#settings.farMs
    return isFar && this.#config.chunking !== false && performance.now() >= this.#noChunksUntil
  }

  #onRefused({ fault, reply }: Readonly<{ fault: 'refused' | 'unavailable'; reply: Reply }>): void {
    this.#proven = false
    if (fault === 'refused') this.#refusal = reply
    // Others are at work: those who wait go over them.
    else if (this.#sessions.size > 0) this.#enoughUntil = performance.now() + ENOUGH_MS
    // One attempt for all of them.
    else for (const job of this.#waiting.splice(0)) job.settle(notBegun(fault, reply))
  }

  /** Says nothing about the server; there are no more such than connections. */
  #onStale(job: Job): void {
    job.retries += 1
    if (job.retries <= this.#config.connections + 1) this.#waiting.unshift(job)
    else job.settle(notBegun('unavailable', replyOfNobody('each connection ended before it')))
  }

  #onEnd(session: SmtpSession): void {
    this.#sessions.delete(session)
    if (this.#sessions.size === 0) this.#onEmpty?.()
    // After its messages were told.
    queueMicrotask(() => this.#pump())
  }

  /** Runs while there is something to look after. */
  #watch(): void {
    const isNeeded = this.#waiting.length + this.#sessions.size > 0
    if (!isNeeded) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const everyMs = Math.min(LOOK_EVERY_MS, Math.ceil(this.#settings.silenceTimeoutMs / 4))
    this.#timer ??= setInterval(() => this.#look(), everyMs).unref()
  }

  #look(): void {
    const now = performance.now()
    for (const session of [...this.#sessions]) session.check(now)
    for (const job of this.#waiting.splice(0)) {
      const why = this.#whyNot(job)
      if (why === null) this.#waiting.push(job)
      else job.settle(why)
    }
    this.#pump()
  }
}
