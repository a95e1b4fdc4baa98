/** hard: the address is dead. soft: it may pass. block: policy, reputation, content, rate: not the reader's fault. */
export type BounceVerdict = 'hard' | 'soft' | 'block'

/** Every reason a server can have, and whose fault it is. docs/feedback.md has the same table in words. */
export const BOUNCE_REASONS = {
  /** Nobody has this address. */
  'unknown-user': 'hard',
  /** There is no such domain. */
  'unknown-host': 'hard',
  /** The host or mailbox takes no mail at all: null MX (RFC 7505), 521, 556. */
  'accepts-no-mail': 'hard',
  /** Moved away, with or without a new address (551). */
  moved: 'hard',
  /** "Unknown user", and nothing that shows who said it to what: filters say so too. */
  'perhaps-unknown': 'soft',
  'mailbox-full': 'soft',
  /** Suspended, locked, inactive: some come back. */
  disabled: 'soft',
  /** Come again later, to whoever is new here. */
  greylisted: 'soft',
  /** Tried for days, or timed out. */
  expired: 'soft',
  /** No route, connection refused or cut, name server silent. */
  network: 'soft',
  /** The mail goes in circles: too many hops. */
  loop: 'soft',
  /** The recipient's own server is broken, full or misconfigured. */
  'system-error': 'soft',
  /** This mailbox gets too much mail just now. */
  'recipient-rate': 'soft',
  'too-large': 'soft',
  /** The mailbox's own filter or owner refused it. */
  'refused-by-recipient': 'block',
  /** It looks like spam. */
  spam: 'block',
  virus: 'block',
  /** An attachment, a link or a word that is not allowed there. */
  content: 'block',
  /** The standing of our IP address or domain: a blocklist, complaints. */
  reputation: 'block',
  /** SPF, DKIM, DMARC, ARC. */
  authentication: 'block',
  /** PTR, HELO, a sender's domain that cannot be found. */
  'sender-dns': 'block',
  /** Too many mails or connections from us. */
  rate: 'block',
  /** TLS, encryption or a login is asked for. */
  security: 'block',
  /** The server that was asked is not one for this domain. */
  relaying: 'block',
  /** The sender's address is refused. */
  sender: 'block',
  /** A rule of theirs, unsaid which. */
  policy: 'block',
  /** Not built as the standards say: a header, a line, a command. */
  malformed: 'block',
  /** It says too little. */
  unclear: 'soft',
} as const satisfies Record<string, BounceVerdict>

export type BounceReason = keyof typeof BOUNCE_REASONS
