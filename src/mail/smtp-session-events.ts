import type { Job } from './smtp-message.ts'

export type SessionSettings = Readonly<{
  maxMessages: number
  silenceTimeoutMs: number
  envelopeTimeoutMs: number
  idleMs: number
}>

export type SessionEvents = Readonly<{
  /** A message to follow the one whose end is written, or about to be; null: none waits that may begin. */
  takeNext(mayTake: (job: Job) => boolean): Job | null
  /** How long the reply to an envelope took: no less than the way there and back. */
  onRoundTrip(ms: number): void
  /** Whether BDAT is of use where it is offered: the server is far. */
  mayChunk(): boolean
  /** A message that went by BDAT has no answer that could be believed, or the server does not know the command. */
  onChunkLost(): void
  onIdle(): void
  /** The connection was of an age at which servers close it: the message goes over another. */
  onStale(job: Job): void
  onEnd(): void
}>
