-- What is concluded from what came back, and how it is undone.

alter table newsletters
  -- above so many hard bounces or complaints, in percent of what was sent, a campaign pauses
  add column pause_hard_percent double precision not null default 5 check (pause_hard_percent > 0 and pause_hard_percent <= 100),
  add column pause_complaint_percent double precision not null default 0.3 check (pause_complaint_percent > 0 and pause_complaint_percent <= 100),
  -- the same for blocks by one domain, in percent of what went there
  add column pause_block_percent double precision not null default 20 check (pause_block_percent > 0 and pause_block_percent <= 100),
  -- issues without a sign of life after which a reader is asked whether to stay; null: nobody is asked
  add column inactive_after smallint check (inactive_after between 3 and 100),
  -- who was asked and did not answer is taken off
  add column inactive_retires boolean not null default false,
  add column inactive_looked_at timestamptz;

alter table subscriptions
  -- the reader's last sign of life after joining: a reply, a confirmation, a visit by a link of theirs
  add column alive_at timestamptz,
  add column stay_asked_at timestamptz;
create index subscriptions_asked_to_stay on subscriptions (newsletter_id, stay_asked_at) where stay_asked_at is not null;

alter table subscription_events drop constraint subscription_events_kind_check,
  add constraint subscription_events_kind_check check (kind in ('requested', 'confirmed', 'imported', 'added', 'unsubscribed', 'asked', 'stayed', 'restored'));

-- What was said is kept for a time; what was concluded from it stays.
alter table evidence add column cleared_at timestamptz;
create index evidence_kept on evidence (created_at) where cleared_at is null;

alter table suppressions drop constraint suppressions_reason_check,
  add constraint suppressions_reason_check check (reason in ('hard-bounce', 'soft-bounce', 'complaint', 'manual'));
alter table suppressions
  -- of feedback_events: which report it follows from
  add column event_id bigint,
  -- who ended it; 'replaced': by one that lasts longer
  add column lifted_by text check (lifted_by in ('editor', 'reader', 'expiry', 'replaced'));
update suppressions set lifted_by = case lifted_note when 'expired' then 'expiry' when 'replaced' then 'replaced' else 'editor' end
  where lifted_at is not null;
create index suppressions_of_event on suppressions (event_id) where event_id is not null;
create index suppressions_ended on suppressions (address_hash, id) where lifted_at is not null;

alter table feedback_events
  -- waits until then; while a worker has it, until that worker must be done
  add column due_at timestamptz not null default now(),
  -- the ledger shows the delivery that it is about: it counts
  add column proven boolean not null default false,
  -- why, out of the set of src/mail/bounce-reason.ts
  add column reason text,
  -- right of the recipient's @
  add column domain text;
create index feedback_events_of_address on feedback_events (address_hash, campaign_id) where address_hash is not null;
create index feedback_events_proven_at on feedback_events (at) where proven;

alter table outbox drop constraint outbox_kind_check,
  add constraint outbox_kind_check check (kind in ('confirm', 'welcome', 'test', 'notice', 'stay'));

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
