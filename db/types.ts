import type { ColumnType, Generated, JSONColumnType } from 'kysely'

/** bigint ids, as decimal text. */
export type Id = string

type Made<T> = ColumnType<T, T | undefined, T>
type At = ColumnType<Date, Date | string, Date | string>
type MadeAt = ColumnType<Date, Date | string | undefined, Date | string>
type MaybeAt = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
type Maybe<T> = ColumnType<T | null, T | null | undefined, T | null>
type Json = JSONColumnType<Record<string, unknown>, string, string>
type MaybeJson<T> = ColumnType<T | null, string | null | undefined, string | null>
type MadeJson = JSONColumnType<Record<string, unknown>, string | undefined, string>

export type SubscriptionState = 'unconfirmed' | 'active' | 'paused' | 'unsubscribed'
export type CampaignState = 'scheduled' | 'sending' | 'paused' | 'finished' | 'cancelled'
export type DeliveryState =
  | 'queued'
  | 'sending'
  | 'deferred'
  | 'accepted'
  | 'rejected'
  | 'failed'
  | 'skipped'
  | 'uncertain'
  | 'cancelled'
/** `catcher`: nobody is mailed. */
export type TransportKind = 'smtp' | 'ses' | 'catcher'
/** Pictures from elsewhere: linked where they are, or taken in like an issue's own. */
export type RemoteImages = 'link' | 'take-in'
/** A way that a newsletter's campaigns may take, by its name in the configuration. */
export type WayChoice = Readonly<{ name: string; weight: number }>
export type MediaKind = 'png' | 'jpeg' | 'gif'
export type UncertainPolicy = 'hold' | 'resend'
export type SubscriptionEventKind =
  | 'requested'
  | 'confirmed'
  | 'imported'
  | 'added'
  | 'unsubscribed'
  | 'asked'
  | 'stayed'
  | 'restored'
export type SuppressionReason = 'hard-bounce' | 'soft-bounce' | 'complaint' | 'manual'
export type LiftedBy = 'editor' | 'reader' | 'expiry' | 'replaced'
export type OutboxKind = 'confirm' | 'welcome' | 'test' | 'notice' | 'stay'
export type FeedbackKind =
  | 'bounce'
  | 'complaint'
  | 'unsubscribe'
  | 'auto-reply'
  | 'other'
  | 'subscribe'
  | 'reply'
  | 'delivered'
export type FeedbackSource = 'door' | 'mailbox' | 'webhook' | 'session' | 'command'
/** Which of our addresses a mail came to; 'mailbox': into a mailbox that is polled, and to none of them. */
export type SentTo =
  | 'bounce'
  | 'unsubscribe'
  | 'subscribe'
  | 'reply'
  | 'fbl'
  | 'postmaster'
  | 'abuse'
  | 'mailbox'
/** What ties a provider's event to a delivery. */
export type FeedbackProof = 'message-id' | 'address'

/** A mail's envelope; `peer`: the network address of whoever handed it over. */
export type MailEnvelope = { peer: string; helo: string; from: string }
/** Results in the words of RFC 8601 2.7: pass, fail, none, temperror … */
export type MailAuth = {
  /** Of the envelope's sender, or of HELO where that is empty; null: not by SMTP from outside. */
  spf: { result: string; domain: string } | null
  dkim: { result: string; domain: string }[]
}
export type BounceType = 'hard' | 'soft' | 'block'

/** From whom a campaign comes, as the newsletter was when it was made. */
export type CampaignSender = {
  newsletterName: string
  fromName: string
  fromAddress: string
  replyTo: string | null
}

export type Database = {
  newsletters: {
    id: Generated<Id>
    slug: string
    name: string
    description: Made<string>
    from_name: string
    from_address: string
    reply_to: Maybe<string>
    postal_address: Made<string>
    language: Made<string>
    time_zone: Made<string>
    brand_color: Made<string>
    notify_address: Maybe<string>
    notify_unsubscribes: Made<boolean>
    uncertain_policy: Made<UncertainPolicy>
    created_at: MadeAt
    pause_hard_percent: Made<number>
    pause_complaint_percent: Made<number>
    pause_block_percent: Made<number>
    inactive_after: Maybe<number>
    inactive_retires: Made<boolean>
    inactive_looked_at: MaybeAt
    theme: MadeJson
    remote_images: Made<RemoteImages>
    transports: MaybeJson<readonly WayChoice[]>
  }
  media: {
    hash: Buffer
    kind: MediaKind
    bytes: Buffer
    created_at: MadeAt
  }
  issues: { id: Generated<Id>; newsletter_id: Id; slug: string; created_at: MadeAt }
  issue_versions: {
    id: Generated<Id>
    issue_id: Id
    number: number
    markdown: string
    content_hash: Buffer
    title: string
    issue_date: Maybe<string>
    language: string
    created_at: MadeAt
  }
  subscribers: {
    id: Generated<Id>
    address: string
    address_key: string
    address_hash: Buffer
    attributes: MadeJson
    language: Maybe<string>
    time_zone: Maybe<string>
    created_at: MadeAt
  }
  subscriptions: {
    newsletter_id: Id
    subscriber_id: Id
    state: SubscriptionState
    joined_at: MaybeAt
    confirm_id: Maybe<Id>
    confirm_expires_at: MaybeAt
    confirm_mailed_at: MaybeAt
    changed_at: MadeAt
    alive_at: MaybeAt
    stay_asked_at: MaybeAt
  }
  subscription_events: {
    id: Generated<Id>
    newsletter_id: Id
    subscriber_id: Id
    at: MadeAt
    kind: SubscriptionEventKind
    source: string
    wording: Maybe<string>
    network_address: Maybe<string>
    detail: MadeJson
    followed_at: MaybeAt
  }
  evidence: {
    id: Generated<Id>
    kind: 'mail' | 'reply' | 'statement' | 'payload'
    raw: Buffer
    created_at: MadeAt
    cleared_at: MaybeAt
  }
  suppressions: {
    id: Generated<Id>
    address_hash: Buffer
    address: Maybe<string>
    reason: SuppressionReason
    evidence_id: Maybe<Id>
    note: Made<string>
    created_at: MadeAt
    expires_at: MaybeAt
    lifted_at: MaybeAt
    lifted_note: Maybe<string>
    event_id: Maybe<Id>
    lifted_by: Maybe<LiftedBy>
  }
  transports: {
    id: Generated<Id>
    name: string
    kind: TransportKind
    rate_per_second: Maybe<number>
    next_slot_at: MadeAt
    rests_until: MadeAt
    rest_reason: Maybe<string>
    rests_in_row: Made<number>
    per_minute: Maybe<number>
    per_hour: Maybe<number>
    per_day: Maybe<number>
    warm_up_from: Maybe<number>
    weight: Made<number>
    idempotent_seconds: Maybe<number>
    owed_seconds: Made<number>
    rejections_full: Made<boolean>
  }
  campaigns: {
    id: Generated<Id>
    newsletter_id: Id
    issue_id: Id
    issue_version_id: Id
    transport_id: Id
    state: CampaignState
    reason: Maybe<string>
    starts_at: At
    again: Made<boolean>
    message: Json
    web_html: string
    subject: string
    sender: JSONColumnType<CampaignSender>
    key_id: number
    chosen: Made<Id>
    prepared_through: Maybe<Id>
    prepared_at: MaybeAt
    rejections_stand: Made<boolean>
    created_at: MadeAt
    started_at: MaybeAt
    ended_at: MaybeAt
    grace_seconds: Made<number>
    alive_at: MaybeAt
  }
  replies: {
    id: Generated<Id>
    hash: Buffer
    code: Maybe<number>
    enhanced: Maybe<string>
    text: string
    first_at: MadeAt
  }
  workers: {
    id: Generated<Id>
    host: string
    pid: number
    transport_id: Id
    started_at: MadeAt
    heartbeat_at: MadeAt
    stopping: Made<boolean>
  }
  claims: {
    id: Generated<Id>
    campaign_id: Maybe<Id>
    worker_id: Id
    lease_until: At
    created_at: MadeAt
    transport_id: Maybe<Id>
    held: Maybe<Record<string, number>>
  }
  deliveries: {
    campaign_id: Id
    subscriber_id: Id
    claim_id: Maybe<Id>
    reply_id: Maybe<Id>
    due_at: At
    first_at: MaybeAt
    deferred_seconds: Made<number>
    attempts: Made<number>
    address_hash: Buffer
    state: DeliveryState
    reason: Maybe<string>
    provider_id: Made<number>
  }
  rejection_row: {
    transport_id: Id
    campaign_id: Id
    subscriber_id: Id
    reply_id: Id
    at: MadeAt
  }
  outbox: {
    id: Generated<Id>
    kind: OutboxKind
    newsletter_id: Maybe<Id>
    subscriber_id: Maybe<Id>
    address: string
    address_hash: Buffer
    payload: Json
    transport_id: Maybe<Id>
    state: Made<DeliveryState>
    reason: Maybe<string>
    claim_id: Maybe<Id>
    reply_id: Maybe<Id>
    due_at: MadeAt
    first_at: MaybeAt
    deferred_seconds: Made<number>
    attempts: Made<number>
    created_at: MadeAt
  }
  feedback_events: {
    id: Generated<Id>
    at: MadeAt
    source: FeedbackSource
    kind: FeedbackKind
    campaign_id: Maybe<Id>
    subscriber_id: Maybe<Id>
    newsletter_id: Maybe<Id>
    address_hash: Maybe<Buffer>
    type: Maybe<BounceType>
    status: Maybe<string>
    diagnostic: Maybe<string>
    evidence_id: Maybe<Id>
    handled_at: MaybeAt
    action: Maybe<string>
    held_because: Maybe<string>
    due_at: MadeAt
    proven: Made<boolean>
    reason: Maybe<string>
    domain: Maybe<string>
    origin: Maybe<string>
    sent_to: Maybe<SentTo>
    once_key: Maybe<string>
    tokens: Maybe<number>
    envelope: MaybeJson<MailEnvelope>
    auth: MaybeJson<MailAuth>
    proof: Maybe<FeedbackProof>
    feedback_type: Maybe<string>
  }
  webhook_posts: {
    id: Generated<Id>
    at: MadeAt
    provider: string
    body_hash: Buffer
    proof_hash: Maybe<Buffer>
    evidence_id: Maybe<Id>
    handled_at: MaybeAt
  }
  mailboxes: {
    name: string
    uid_validity: Maybe<Id>
    last_uid: Made<Id>
    polled_at: MaybeAt
    problem: Maybe<string>
  }
  mailbox_left: { mailbox: string; uid: string }
  refusals: {
    day: Made<string>
    source: 'door' | 'webhook'
    origin: string
    why: string
    count: Id
    last_at: MadeAt
  }
  guard_trips: {
    id: Generated<Id>
    campaign_id: Maybe<Id>
    guard: string
    at: MadeAt
    words: string
    ended_at: MaybeAt
  }
  limits: { key: string; points: Made<number>; expire: Maybe<Id> }
  key_ids: { key_id: number; fingerprint: Buffer; first_used_at: MadeAt }
  providers: { id: Generated<number>; name: string }
  domains: { domain: string; host: string; ask_at: MadeAt }
  provider_pace: {
    transport_id: Id
    provider_id: number
    in_flight: Maybe<number>
    rate_per_second: Maybe<number>
    next_slot_at: MadeAt
    slow_rate: Maybe<number>
    slow_in_flight: Maybe<number>
    slow_until: MadeAt
    slow_reason: Maybe<string>
    warm_level: Made<number>
    day: Maybe<string>
    day_taken: Made<number>
    day_troubles: Made<number>
  }
  provider_signals: {
    transport_id: Id
    provider_id: number
    rule: string
    since: MadeAt
    seen: number
  }
  pace_buckets: { transport_id: Id; span: number; bucket: Id; taken: number }
  campaign_transports: {
    campaign_id: Id
    transport_id: Id
    weight: number
    taken: Made<number>
    asked_at: MadeAt
  }
  campaign_slices: { campaign_id: Id; through: Id; made: number; at: MadeAt }
  campaign_providers: { campaign_id: Id; provider_id: number; rows: number }
  message_ids: {
    transport_id: Id
    message_id: string
    campaign_id: Id
    subscriber_id: Id
    at: MadeAt
  }
  handovers: { campaign_id: Id; subscriber_id: Id; transport_id: Id; until: At }
}
