-- The whole database as it stands after all migrations. A test loads this file and the migrations into two databases
-- and compares their catalogues, so a migration that forgets this file (or the other way round) fails.

-- Random, so that an id in a link tells nothing and cannot be counted; positive, so that it reads well.
create function random_id() returns bigint language sql volatile as $$
  select ('x' || encode(substring(u from 1 for 6) || substring(u from 15 for 2), 'hex'))::bit(64)::bigint & 9223372036854775807
  from (select uuid_send(gen_random_uuid()) as u) as random
$$;

create table newsletters (
  id bigint primary key default random_id(),
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null,
  description text not null default '',
  from_name text not null,
  from_address text not null,
  reply_to text,
  postal_address text not null default '',
  language text not null default 'en',
  time_zone text not null default 'UTC',
  brand_color text not null default '#0b6e4f',
  -- whom to tell: pauses, finishes, unsubscribes where wanted
  notify_address text,
  notify_unsubscribes boolean not null default false,
  uncertain_policy text not null default 'hold' check (uncertain_policy in ('hold', 'resend')),
  created_at timestamptz not null default now(),
  -- above so many hard bounces or complaints, in percent of what was sent, a campaign pauses
  pause_hard_percent double precision not null default 5 check (pause_hard_percent > 0 and pause_hard_percent <= 100),
  pause_complaint_percent double precision not null default 0.3 check (pause_complaint_percent > 0 and pause_complaint_percent <= 100),
  -- the same for blocks by one domain, in percent of what went there
  pause_block_percent double precision not null default 20 check (pause_block_percent > 0 and pause_block_percent <= 100),
  -- issues without a sign of life after which a reader is asked whether to stay; null: nobody is asked
  inactive_after smallint check (inactive_after between 3 and 100),
  -- who was asked and did not answer is taken off
  inactive_retires boolean not null default false,
  inactive_looked_at timestamptz,
  -- how its mails look beside its colour: checked by src/messages before it is written and after it is read
  theme jsonb not null default '{}' check (jsonb_typeof(theme) = 'object'),
  -- pictures from elsewhere: linked where they are, or taken in like the issue's own
  remote_images text not null default 'link' check (remote_images in ('link', 'take-in')),
  -- the ways that its campaigns may take, with their weights: [{"name": …, "weight": …}]; null: all that are
  -- configured, with the weights that they are configured with
  transports jsonb check (jsonb_typeof(transports) = 'array')
);

-- Pictures of issues, by their content: served to readers for as long as there is a mail that shows them.
create table media (
  -- 24 bytes of the SHA-256 of bytes
  hash bytea primary key check (octet_length(hash) = 24),
  kind text not null check (kind in ('png', 'jpeg', 'gif')),
  bytes bytea not null,
  created_at timestamptz not null default now()
);
-- They are compressed already.
alter table media alter column bytes set storage external;

create table issues (
  id bigint primary key generated always as identity,
  newsletter_id bigint not null references newsletters,
  slug text not null,
  created_at timestamptz not null default now(),
  unique (newsletter_id, slug)
);

-- The same slug edited is a new version of the same issue; the same words again are the version that is there.
create table issue_versions (
  id bigint primary key generated always as identity,
  issue_id bigint not null references issues,
  number integer not null,
  markdown text not null,
  content_hash bytea not null,
  title text not null,
  issue_date date,
  language text not null,
  created_at timestamptz not null default now(),
  unique (issue_id, number),
  unique (issue_id, content_hash)
);

create table subscribers (
  id bigint primary key default random_id(),
  -- as it is mailed: NFC, domain in ASCII and lower case, local part as typed
  address text not null,
  -- what makes it the same reader: address in lower case
  address_key text not null unique,
  -- HMAC of address_key under the one key that never rotates (16 octets)
  address_hash bytea not null unique check (octet_length(address_hash) = 16),
  attributes jsonb not null default '{}' check (jsonb_typeof(attributes) = 'object'),
  language text,
  time_zone text,
  created_at timestamptz not null default now()
);

create table subscriptions (
  newsletter_id bigint not null references newsletters,
  subscriber_id bigint not null references subscribers,
  state text not null check (state in ('unconfirmed', 'active', 'paused', 'unsubscribed')),
  -- since when it has been active; an audience takes who had joined at the campaign's instant
  joined_at timestamptz,
  -- what a mailed confirmation link carries; null once used
  confirm_id bigint,
  confirm_expires_at timestamptz,
  confirm_mailed_at timestamptz,
  changed_at timestamptz not null default now(),
  -- the reader's last sign of life after joining: a reply, a confirmation, a visit by a link of theirs
  alive_at timestamptz,
  stay_asked_at timestamptz,
  primary key (newsletter_id, subscriber_id)
);
create index subscriptions_active on subscriptions (newsletter_id, subscriber_id) where state = 'active';
create index subscriptions_of_subscriber on subscriptions (subscriber_id);
create index subscriptions_asked_to_stay on subscriptions (newsletter_id, stay_asked_at) where stay_asked_at is not null;

-- History and consent evidence: when, where from, the wording that was shown.
create table subscription_events (
  id bigint primary key generated always as identity,
  newsletter_id bigint not null,
  subscriber_id bigint not null,
  at timestamptz not null default now(),
  kind text not null check (kind in ('requested', 'confirmed', 'imported', 'added', 'unsubscribed', 'asked', 'stayed', 'restored')),
  -- form, mailed link, file import, one-click, page, mail, command
  source text not null,
  wording text,
  network_address text,
  detail jsonb not null default '{}',
  -- of an unsubscribe: when what follows it was done; null: waits for the unsubscribe job
  followed_at timestamptz
);
create index subscription_events_of on subscription_events (subscriber_id, newsletter_id, id);
create index subscription_events_waiting on subscription_events (id) where kind = 'unsubscribed' and followed_at is null;

-- The raw mail, payload or reply behind a conclusion.
create table evidence (
  id bigint primary key generated always as identity,
  kind text not null check (kind in ('mail', 'reply', 'statement', 'payload')),
  raw bytea not null,
  created_at timestamptz not null default now(),
  -- what was said is kept for a time; what was concluded from it stays
  cleared_at timestamptz
);
create index evidence_kept on evidence (created_at) where cleared_at is null;

create table suppressions (
  id bigint primary key generated always as identity,
  address_hash bytea not null check (octet_length(address_hash) = 16),
  address text,
  reason text not null check (reason in ('hard-bounce', 'soft-bounce', 'complaint', 'manual')),
  evidence_id bigint references evidence,
  note text not null default '',
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  lifted_at timestamptz,
  lifted_note text,
  -- of feedback_events: which report it follows from
  event_id bigint,
  -- who ended it; 'replaced': by one that lasts longer
  lifted_by text check (lifted_by in ('editor', 'reader', 'expiry', 'replaced'))
);
create unique index suppressions_standing on suppressions (address_hash) where lifted_at is null;
create index suppressions_of_event on suppressions (event_id) where event_id is not null;
create index suppressions_ended on suppressions (address_hash, id) where lifted_at is not null;

-- Pace and health of a way out. Its address and login stand in the configuration, never here.
create table transports (
  id bigint primary key generated always as identity,
  name text not null unique,
  kind text not null constraint transports_kind_check check (kind in ('smtp', 'ses', 'catcher')),
  -- messages a second for the whole fleet; null: as fast as it takes them
  rate_per_second double precision check (rate_per_second > 0),
  -- the next free time slot of the fleet
  next_slot_at timestamptz not null default '-infinity',
  -- rests (unreachable, refused) until then
  rests_until timestamptz not null default '-infinity',
  rest_reason text,
  rests_in_row integer not null default 0,
  -- messages within any such time, for the whole fleet; null: no limit
  per_minute integer check (per_minute > 0),
  per_hour integer check (per_hour > 0),
  per_day integer check (per_day > 0),
  -- messages to each provider on the first day, growing from then on; null: no warm-up
  warm_up_from integer check (warm_up_from > 0),
  -- its share of a campaign that goes several ways
  weight double precision not null default 1 check (weight > 0),
  -- its relay knows a message that is handed over twice, for so long
  idempotent_seconds integer check (idempotent_seconds > 0),
  -- slots that nobody could use (a worker was late for them): they are made up for, a little at a time
  owed_seconds double precision not null default 0 check (owed_seconds >= 0),
  -- 20 rejections and more stand in a row: until an acceptance none is kept, and nothing is concluded from them
  rejections_full boolean not null default false
);

create table campaigns (
  id bigint primary key generated always as identity,
  newsletter_id bigint not null references newsletters,
  issue_id bigint not null references issues,
  issue_version_id bigint not null references issue_versions,
  transport_id bigint not null references transports,
  state text not null check (state in ('scheduled', 'sending', 'paused', 'finished', 'cancelled')),
  reason text,
  -- the campaign's instant: who joined later is not in its audience
  starts_at timestamptz not null,
  again boolean not null default false,
  -- frozen: compiled message (JSON of src/messages) and the page of the web version
  message jsonb not null,
  web_html text not null,
  subject text not null,
  -- frozen too, or a resend would have another Message-ID: newsletterName, fromName, fromAddress, replyTo
  sender jsonb not null,
  -- which key its links and return paths are made with
  key_id smallint not null,
  chosen bigint not null default 0,
  prepared_through bigint,
  prepared_at timestamptz,
  -- set when a row of rejections made it pause: if it happens again they stand
  rejections_stand boolean not null default false,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  -- due, or without a living worker, for longer than that: it asks instead of sending
  grace_seconds integer not null default 21600 check (grace_seconds > 0),
  -- a sweep saw it sending; once a minute
  alive_at timestamptz
);
-- One open campaign an issue. A cancelled one ends when the last message that was on its way has its outcome: until
-- then nobody could say who has the issue.
create unique index campaigns_open on campaigns (issue_id) where ended_at is null;
create index campaigns_of_newsletter on campaigns (newsletter_id, id);

-- What servers said, each text once; addresses in it are masked.
create table replies (
  id bigint primary key generated always as identity,
  hash bytea not null unique,
  code smallint,
  enhanced text,
  text text not null,
  first_at timestamptz not null default now()
);

create table workers (
  id bigint primary key generated always as identity,
  host text not null,
  pid integer not null,
  -- the one way out that it serves
  transport_id bigint not null,
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now(),
  stopping boolean not null default false
);

-- A taking of rows. Its lease is in Postgres's time; campaign_id null: a claim on the outbox.
create table claims (
  id bigint primary key generated always as identity,
  campaign_id bigint,
  worker_id bigint not null,
  lease_until timestamptz not null,
  created_at timestamptz not null default now(),
  transport_id bigint,
  -- rows it took of providers that have a limit of messages in flight, by provider
  held jsonb
);
create index claims_lease on claims (lease_until);
create index claims_of_campaign on claims (campaign_id, lease_until);

-- The ledger: one row per chosen subscriber. No foreign keys (attaching a partition would wait for writers); one
-- partition a campaign, made by prepare. Small: it is there a million times.
create table deliveries (
  campaign_id bigint not null,
  subscriber_id bigint not null,
  claim_id bigint,
  reply_id bigint,
  -- queued and deferred: due from then. settled: since then
  due_at timestamptz not null,
  -- the first time that it was handed to a server
  first_at timestamptz,
  -- seconds of delay that deferrals have given it; the end is at 48 h. A transport's rest does not count
  deferred_seconds integer not null default 0,
  attempts smallint not null default 0,
  address_hash bytea not null,
  state text not null check (state in ('queued', 'sending', 'deferred', 'accepted', 'rejected', 'failed', 'skipped', 'uncertain', 'cancelled')),
  -- why it is skipped, failed or uncertain
  reason text,
  -- who runs the reader's mailbox, as prepare knew it
  provider_id smallint not null default 0,
  primary key (campaign_id, subscriber_id)
) partition by list (campaign_id);
-- Equal keys are one entry: a campaign's rows are due at the same moment.
create index deliveries_due on deliveries (provider_id, due_at) where state in ('queued', 'deferred');
create index deliveries_claimed on deliveries (claim_id) where state = 'sending';
create index deliveries_of_subscriber on deliveries (subscriber_id);

-- Rejections since the transport's last acceptance: 20 in a row are the relay's doing, not the readers'.
create table rejection_row (
  transport_id bigint not null,
  campaign_id bigint not null,
  subscriber_id bigint not null,
  reply_id bigint not null,
  at timestamptz not null default now(),
  primary key (campaign_id, subscriber_id)
);
create index rejection_row_of_transport on rejection_row (transport_id);

-- Single mails (confirmation, welcome, test, notice), with the states of deliveries.
create table outbox (
  id bigint primary key default random_id(),
  kind text not null check (kind in ('confirm', 'welcome', 'test', 'notice', 'stay')),
  newsletter_id bigint references newsletters,
  subscriber_id bigint,
  address text not null,
  address_hash bytea not null,
  -- what to say: checked by src/outbox before it is written and after it is read
  payload jsonb not null,
  transport_id bigint references transports,
  state text not null default 'queued' check (state in ('queued', 'sending', 'deferred', 'accepted', 'rejected', 'failed', 'skipped', 'uncertain', 'cancelled')),
  reason text,
  claim_id bigint,
  reply_id bigint,
  due_at timestamptz not null default now(),
  first_at timestamptz,
  deferred_seconds integer not null default 0,
  attempts smallint not null default 0,
  created_at timestamptz not null default now()
);
create index outbox_due on outbox (due_at) where state in ('queued', 'deferred');
create index outbox_claimed on outbox (claim_id) where state = 'sending';

-- Everything that came back, acted upon or not.
create table feedback_events (
  id bigint primary key generated always as identity,
  at timestamptz not null default now(),
  source text not null check (source in ('door', 'mailbox', 'webhook', 'session', 'command')),
  kind text not null check (kind in ('bounce', 'complaint', 'unsubscribe', 'auto-reply', 'other', 'subscribe', 'reply', 'delivered')),
  campaign_id bigint,
  subscriber_id bigint,
  newsletter_id bigint,
  address_hash bytea,
  -- hard, soft or block, where a bounce says it
  type text check (type in ('hard', 'soft', 'block')),
  status text,
  diagnostic text,
  evidence_id bigint references evidence,
  -- null: waits for the feedback job
  handled_at timestamptz,
  -- what followed ('suppressed', 'unsubscribed'), or null: kept, counted, shown, changes nothing
  action text,
  -- why nothing followed
  held_because text,
  -- waits until then; while a worker has it, until that worker must be done
  due_at timestamptz not null default now(),
  -- the ledger shows the delivery that it is about: it counts
  proven boolean not null default false,
  -- why, out of the set of src/mail/bounce-reason.ts
  reason text,
  -- right of the recipient's @
  domain text,
  -- from whom we have it: the peer's network address, the mailbox's name, the provider's
  origin text,
  -- which of our addresses a mail came to
  sent_to text check (sent_to in ('bounce', 'unsubscribe', 'subscribe', 'reply', 'fbl', 'postmaster', 'abuse', 'mailbox')),
  -- the same for one report, however often and by whichever door it comes
  once_key text,
  -- of a mail: how many bounce tokens it was sent to
  tokens smallint,
  -- of a mail, as SMTP had it: {"peer", "helo", "from"}; null by mailbox
  envelope jsonb,
  -- {"spf": {"result", "domain"} | null, "dkim": [{"result", "domain"}]}: who sent it, as far as DNS proves it
  auth jsonb,
  -- of a webhook's event: our Message-ID (or the token in it), or only an address that the ledger has
  proof text check (proof in ('message-id', 'address')),
  -- of a complaint by webhook (RFC 5965 3.5): abuse, not-spam, auth-failure …
  feedback_type text
);
create unique index feedback_events_once on feedback_events (once_key) where once_key is not null;
create index feedback_events_of_origin on feedback_events (source, origin, id);
create index feedback_events_waiting on feedback_events (id) where handled_at is null;
create index feedback_events_of_campaign on feedback_events (campaign_id, subscriber_id);
create index feedback_events_of_address on feedback_events (address_hash, campaign_id) where address_hash is not null;
create index feedback_events_proven_at on feedback_events (at) where proven;

-- What a provider posted, whole: taken within its request, read by the intake job.
create table webhook_posts (
  id bigint primary key generated always as identity,
  at timestamptz not null default now(),
  provider text not null,
  -- the same body again is the same post: providers repeat what they got no answer for
  body_hash bytea not null,
  -- what proves it may serve once (Mailgun: a token that its signature does not tie to the body)
  proof_hash bytea,
  evidence_id bigint references evidence,
  -- null: waits for the intake job
  handled_at timestamptz,
  unique (provider, body_hash)
);
create unique index webhook_posts_proof on webhook_posts (provider, proof_hash) where proof_hash is not null;
create index webhook_posts_waiting on webhook_posts (id) where handled_at is null;
create index webhook_posts_handled on webhook_posts (handled_at) where handled_at is not null;

-- How far a mailbox has been looked through; what is not ours stays in it.
create table mailboxes (
  name text primary key,
  -- RFC 3501 2.3.1.1: with another one the uids are others
  uid_validity bigint,
  last_uid bigint not null default 0,
  -- of the last whole look
  polled_at timestamptz,
  problem text
);
-- POP3 has no order to rely upon: the unique ids (RFC 1939 7) of what was left there.
create table mailbox_left (
  mailbox text not null references mailboxes (name) on delete cascade,
  uid text not null,
  primary key (mailbox, uid)
);

-- Who runs readers' mailboxes, by name: those that src/transports/providers.ts knows, and domains that many readers share.
create table providers (
  id smallint primary key generated by default as identity,
  name text not null unique
);
-- Everybody whose domain few readers have.
insert into providers (id, name) values (0, 'others');

-- Who runs a domain's mailboxes: by its MX hosts where DNS answered, for a week; else the domain itself.
create table domains (
  domain text primary key,
  -- the name of a provider, whether or not there is a row for it
  host text not null,
  -- when DNS is to be asked (again)
  ask_at timestamptz not null default now()
);
create index domains_to_ask on domains (ask_at);

-- Limits of one provider on one transport, reserved at the claim. No row: none.
create table provider_pace (
  transport_id bigint not null,
  provider_id smallint not null,
  -- of its profile or the operator's; null: none
  in_flight integer check (in_flight > 0),
  rate_per_second double precision check (rate_per_second > 0),
  next_slot_at timestamptz not null default '-infinity',
  -- slowed by what it replied: so many a second until then (0: none), and from then on doubled every five minutes
  slow_rate double precision check (slow_rate >= 0),
  slow_in_flight integer check (slow_in_flight > 0),
  slow_until timestamptz not null default '-infinity',
  slow_reason text,
  -- warm-up: how far its daily ceiling has grown, and what was taken of today's (a day of UTC)
  warm_level smallint not null default 0,
  day date,
  day_taken integer not null default 0,
  day_troubles integer not null default 0,
  primary key (transport_id, provider_id)
);

-- How often a provider asked for less by one rule, within an hour from `since`.
create table provider_signals (
  transport_id bigint not null,
  provider_id smallint not null,
  rule text not null,
  since timestamptz not null default now(),
  seen integer not null,
  primary key (transport_id, provider_id, rule)
);

-- What was taken of a transport's limits a minute, an hour and a day (`span`, seconds), in sixtieths of it.
create table pace_buckets (
  transport_id bigint not null,
  span integer not null check (span in (60, 3600, 86400)),
  bucket bigint not null,
  taken integer not null,
  primary key (transport_id, span, bucket)
);

-- The ways that a campaign may take. `taken`: messages, by which shares are kept.
create table campaign_transports (
  campaign_id bigint not null references campaigns,
  transport_id bigint not null references transports,
  weight double precision not null check (weight > 0),
  taken double precision not null default 0,
  -- when a claim last asked for rows by that way
  asked_at timestamptz not null default '-infinity',
  primary key (campaign_id, transport_id)
);

-- What prepare wrote down of each slice; `chosen` is their sum.
create table campaign_slices (
  campaign_id bigint not null references campaigns,
  through bigint not null,
  made integer not null,
  at timestamptz not null default now(),
  primary key (campaign_id, through)
);

-- How many of a campaign's rows are whose, as prepare made them.
create table campaign_providers (
  campaign_id bigint not null references campaigns,
  provider_id smallint not null,
  rows integer not null,
  primary key (campaign_id, provider_id)
);

-- Ids that a transport gave to messages in place of ours.
create table message_ids (
  transport_id bigint not null,
  message_id text not null,
  campaign_id bigint not null,
  subscriber_id bigint not null,
  at timestamptz not null default now(),
  primary key (transport_id, message_id)
);
create index message_ids_at on message_ids using brin (at);

-- Uncertain messages that are handed over once more, by the relay that knows what it has had.
create table handovers (
  campaign_id bigint not null,
  subscriber_id bigint not null,
  transport_id bigint not null,
  -- till then it knows
  until timestamptz not null,
  primary key (campaign_id, subscriber_id)
);

-- A limit that was passed: each once a campaign, so that whoever resumes it is not stopped by the same again.
create table guard_trips (
  id bigint primary key generated always as identity,
  -- null: the whole installation
  campaign_id bigint,
  -- hard-bounces, complaints, blocks:<domain>, installation-warns, installation-stops
  guard text not null,
  at timestamptz not null default now(),
  words text not null,
  -- of the installation: when it was below again
  ended_at timestamptz
);
create unique index guard_trips_of_campaign on guard_trips (campaign_id, guard) where campaign_id is not null;
create unique index guard_trips_standing on guard_trips (guard) where campaign_id is null and ended_at is null;

-- What was turned away before it could become an event: how often, and whose.
create table refusals (
  day date not null default current_date,
  source text not null check (source in ('door', 'webhook')),
  -- the peer's network address, or the provider's name
  origin text not null,
  why text not null,
  count bigint not null,
  last_at timestamptz not null default now(),
  primary key (day, source, origin, why)
);

-- Limits shared by all processes (rate-limiter-flexible's own shape).
create table limits (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
);

-- Which keys this database has links and hashes of: start refuses a database whose keys it lacks.
create table key_ids (
  -- 0: the key of address hashes
  key_id smallint primary key,
  -- HMAC of a constant under it: another key of the same id is told apart
  fingerprint bytea not null,
  first_used_at timestamptz not null default now()
);
