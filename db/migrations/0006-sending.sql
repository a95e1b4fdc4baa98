-- Slots of a rate that nobody could use (a worker was late for them): they are made up for, a little at a time.
alter table transports add column owed_seconds double precision not null default 0 check (owed_seconds >= 0);

-- The ways that a newsletter's campaigns may take, with their weights: [{"name": …, "weight": …}]. null: all that are
-- configured, with the weights that they are configured with.
alter table newsletters add column transports jsonb check (jsonb_typeof(transports) = 'array');

-- When it was noted: ids are kept as long as evidence is.
alter table message_ids add column at timestamptz not null default now();
-- Written in order of time: a few pages of index for millions of ids.
create index message_ids_at on message_ids using brin (at);

-- 20 rejections and more stand in a row: until an acceptance none is kept, and nothing is concluded from them.
alter table transports add column rejections_full boolean not null default false;
