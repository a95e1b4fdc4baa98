import type { Db } from '../../db/client.ts'
import type { MailboxConfig } from '../config-intake.ts'
import { findDestination } from '../feedback/destination.ts'
import { type Destination, recordInbound } from '../feedback/record.ts'
import type { Log } from '../log.ts'
import { headOf } from '../mail/head.ts'
import type { Queues } from '../queues.ts'
import type { Secrets } from '../secrets.ts'

export type PollerDeps = Readonly<{
  db: Db
  secrets: Secrets
  /** null: no address of ours is told by its domain. */
  domain: string | null
  ring: Queues['ring']
  log: Log
  clock?: () => Date
}>

/** Where servers write whom a mail was for, most certain first; To and Cc may name anybody, but a token counts anywhere. */
const ADDRESS_HEADERS = [
  'delivered-to',
  'x-original-to',
  'envelope-to',
  'x-envelope-to',
  'x-delivered-to',
  'apparently-to',
  'resent-to',
  'to',
  'cc',
] as const
/** What tells a report from somebody's mail. */
const REPORT_HEADERS = ['content-type', 'return-path', 'x-failed-recipients'] as const

/** All that `whatFor` needs to see. */
export const HEADERS_ASKED: readonly string[] = [...ADDRESS_HEADERS, ...REPORT_HEADERS]

/** More is nobody's bounce, as at the door; it stays where it is. */
export const MAIL_LIMIT = 10 * 1024 * 1024
const MAX_ADDRESSES = 100
const ADDRESS = /(?<![^\s<>,;:"()[\]@])[^\s<>,;:"()[\]@]+@[^\s<>,;:"()[\]@]+/g

/**
 * What a mail in a mailbox is for: each address of ours in its headers; where there is none, a report all the same is
 * taken (the Message-ID that it returns may be ours). Nothing: somebody's mail, which stays.
 */
export async function whatFor(deps: PollerDeps, head: Buffer): Promise<Destination[]> {
  const headers = readHeaders(headOf(head).head)
  const found = new Map<string, Destination>()
  for (const address of addressesIn(headers)) {
    const destination = deps.domain === null ? null : await findOurs(deps, deps.domain, address)
    if (destination !== null) found.set(JSON.stringify(destination), destination)
  }
  if (found.size > 0) return [...found.values()]
  return isReport(headers) ? [{ kind: 'mailbox' }] : []
}

function findOurs({ db, secrets, clock }: PollerDeps, domain: string, address: string) {
  // Only a door answers for a postmaster without a domain.
  return findDestination({ db, secrets, domain }, address, clock?.() ?? new Date())
}

/**
 * Keeps the mail; when it returns, the mail may be taken from the mailbox. Rings after the commit.
 * @param name tells the mail from the mailbox's others
 */
export async function takeMail(
  { db, ring, log }: PollerDeps,
  mailbox: MailboxConfig,
  mail: Readonly<{ raw: Buffer; name: string; destinations: readonly Destination[] }>,
): Promise<void> {
  const eventIds = await recordInbound(db, mail.raw, mail.destinations, {
    ...{ source: 'mailbox', origin: mailbox.name, name: `${mailbox.name}:${mail.name}` },
  })
  log.info({ mailbox: mailbox.name, events: eventIds, octets: mail.raw.length }, 'mail taken')
  for (const eventId of eventIds) void ring('feedback', { eventId })
}

type Headers = readonly (readonly [name: string, value: string])[]

function readHeaders(head: string): Headers {
  return head
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)
    .flatMap((line): [string, string][] => {
      const [, name, value] = /^([^:\s]+)\s*:(.*)$/.exec(line) ?? []
      return name === undefined ? [] : [[name.toLowerCase(), (value ?? '').trim()]]
    })
}

function addressesIn(headers: Headers): string[] {
  const addresses = ADDRESS_HEADERS.flatMap((name) =>
    headers
      .filter(([header]) => header === name)
      .flatMap(([, value]) => value.match(ADDRESS) ?? []),
  )
  return [...new Set(addresses.map((address) => address.toLowerCase()))].slice(0, MAX_ADDRESSES)
}

/** RFC 3464, RFC 5965; RFC 5321 4.5.5: a notice comes from the null sender; Exim and Gmail name whom they failed. */
function isReport(headers: Headers): boolean {
  return headers.some(
    ([name, value]) =>
      (name === 'content-type' && /^multipart\/report\b/i.test(value)) ||
      (name === 'return-path' && /^<\s*>/.test(value)) ||
      name === 'x-failed-recipients',
  )
}
