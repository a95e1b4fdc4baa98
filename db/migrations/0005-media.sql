-- How a newsletter's mails look beside its colour: checked by src/messages before it is written and after it is read.
alter table newsletters
  add column theme jsonb not null default '{}' check (jsonb_typeof(theme) = 'object'),
  -- pictures from elsewhere: linked where they are, or taken in like the issue's own
  add column remote_images text not null default 'link' check (remote_images in ('link', 'take-in'));

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
