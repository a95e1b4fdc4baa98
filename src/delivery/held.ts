import type { Db, Trx } from '../../db/client.ts'
import type { ClaimOrder } from '../../db/queries/deliveries.ts'
import type { Rows } from '../../db/queries/held-rows.ts'
import type { Id } from '../../db/types.ts'
import type { MessageBytes } from '../mail/message-bytes.ts'
import type { Reply } from '../mail/reply.ts'
import type { Envelope } from '../mail/smtp.ts'

/** Where rows come from: a campaign's deliveries, or the outbox. Everything else is the same for both. */
export type Source = Readonly<{
  rows: Rows
  /** Takes rows. @returns the claim's id; null: there is nothing to take */
  claim(trx: Trx, order: ClaimOrder): Promise<Id | null>
  /**
   * Asks about the readers anew, skips who has fallen, and gives the others.
   * @param only null: all of the claim
   */
  look(db: Db | Trx, claimId: Id, only: readonly Id[] | null): Promise<Looked>
  /** After a claim that took nothing. */
  whatNext(): Promise<Next>
}>

/** `open` false: nothing of the claim may begin. */
export type Looked = Readonly<{ open: boolean; rows: readonly ClaimedRow[] }>

export type Next = { next: 'none' } | { next: 'at'; at: Date }

export type ClaimedRow = Readonly<{
  key: Id
  attempts: number
  deferredSeconds: number
  /** Who runs the reader's mailbox; 0: nobody in particular. */
  providerId: number
  /** null: single mails, and readers whose provider is nobody in particular. */
  provider: string | null
  /** What is uncertain is sent again by itself, so often. */
  resends: number
  compose(): Promise<Composed>
}>

export type Composed = Readonly<{
  envelope: Envelope
  bytes: MessageBytes
  /** As the sender would make it: see `Sender.send`. */
  isWireReady?: boolean
}>

/** Times without a unit's name are of `performance.now()`: Postgres's clock and ours need not agree. */
export type Claim = {
  readonly id: Id
  readonly source: Source
  /** Nothing of it begins after this moment. Set before the claim, or its renewal, was sent. */
  deadline: number
  /** Postgres says that it is over. */
  over: boolean
  /** Rows without a recorded outcome. */
  open: number
}

/** A row in the window. */
export type Held = {
  readonly claim: Claim
  row: ClaimedRow
  /** When its last check was sent. */
  checkedAt: number
  slotAt: number | null
  /** Between two slots of its provider: later than that it goes back, and gets another one. null: it has no rate. */
  readonly providerIntervalMs: number | null
  phase: 'waits' | 'begun' | 'settled'
  begunAt: number | null
  composed: Composed | null
  /** Its reader is being asked about: it must not begin meanwhile, the answer may be to skip it. */
  asking: Promise<void> | null
}

/** What is known of a row at its end. `back`: as it was, with nothing spent. */
export type Outcome =
  /** `providerId`: what the transport calls the message in place of our Message-ID. */
  | { outcome: 'accepted'; reply: Reply; providerId?: string }
  | { outcome: 'deferred'; reply: Reply }
  /** `toRcpt`: in answer to RCPT, and not to the message. */
  | { outcome: 'rejected'; reply: Reply; toRcpt?: true }
  | { outcome: 'uncertain' | 'failed'; why: string }
  | { outcome: 'back' }
