-- What comes in through more doors than one: mail over SMTP and LMTP, mailboxes, providers' webhooks.

alter table evidence drop constraint evidence_kind_check,
  add constraint evidence_kind_check check (kind in ('mail', 'reply', 'statement', 'payload'));

alter table feedback_events drop constraint feedback_events_source_check,
  add constraint feedback_events_source_check check (source in ('door', 'mailbox', 'webhook', 'session', 'command'));
alter table feedback_events drop constraint feedback_events_kind_check,
  add constraint feedback_events_kind_check check (kind in ('bounce', 'complaint', 'unsubscribe', 'auto-reply', 'other', 'subscribe', 'reply', 'delivered'));
alter table feedback_events
  -- from whom we have it: the peer's network address, the mailbox's name, the provider's
  add column origin text,
  -- which of our addresses a mail came to
  add column sent_to text check (sent_to in ('bounce', 'unsubscribe', 'subscribe', 'reply', 'fbl', 'postmaster', 'abuse', 'mailbox')),
  -- the same for one report, however often and by whichever door it comes
  add column once_key text,
  -- of a mail: how many bounce tokens it was sent to
  add column tokens smallint,
  -- of a mail, as SMTP had it: {"peer", "helo", "from"}; null by mailbox
  add column envelope jsonb,
  -- {"spf": {"result", "domain"} | null, "dkim": [{"result", "domain"}]}: who sent it, as far as DNS proves it
  add column auth jsonb,
  -- of a webhook's event: our Message-ID (or the token in it), or only an address that the ledger has
  add column proof text check (proof in ('message-id', 'address')),
  -- of a complaint by webhook (RFC 5965 3.5): abuse, not-spam, auth-failure …
  add column feedback_type text;
create unique index feedback_events_once on feedback_events (once_key) where once_key is not null;
create index feedback_events_of_origin on feedback_events (source, origin, id);

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
