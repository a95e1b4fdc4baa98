import { readFile } from 'node:fs/promises'
import { rootCertificates } from 'node:tls'
import { ImapFlow } from 'imapflow'
import { mailboxProgress, noteMailboxProgress, notePolled } from '../../db/queries/mailboxes.ts'
import type { MailboxConfig } from '../config-intake.ts'
import { PostriderError } from '../errors.ts'
import type { Destination } from '../feedback/record.ts'
import { HEADERS_ASKED, MAIL_LIMIT, type PollerDeps, takeMail, whatFor } from './mailbox-mail.ts'
import { isLoopbackHost } from './peers.ts'

/** UIDs asked for at once; where there are none, the next window is twice as wide: they may lie millions apart. */
const WINDOW = 5_000
/** Headers fetched at once. */
const BATCH = 200
/** Mails fetched at once, and their octets together. */
const FETCHED = 50
const FETCHED_OCTETS = 8 * 1024 * 1024
/** Between looks where the server tells nothing of new mail. */
const LOOK_MS = 300_000
const TIMEOUT_MS = 60_000

/**
 * Looks through a mailbox, and again when the server says (IDLE) that something came, until `signal` ends it.
 * @throws whatever ends the connection
 */
export async function pollImap(
  deps: PollerDeps,
  mailbox: MailboxConfig,
  signal: AbortSignal,
): Promise<void> {
  const client = await connectImap(mailbox)
  const fault = faultOf(client)
  const end = () => client.close()
  signal.addEventListener('abort', end)
  try {
    if (signal.aborted) return
    await client.mailboxOpen(mailbox.folder)
    if (mailbox.moveTo !== null) await client.mailboxCreate(mailbox.moveTo)
    const news = newsOf(client)
    while (!signal.aborted) {
      news.forget()
      await lookThrough(deps, mailbox, client, signal)
      await notePolled(deps.db, mailbox.name, null)
      await Promise.race([news.next(LOOK_MS), fault])
      // Some servers tell of what came only when they are asked.
      if (!signal.aborted) await client.noop()
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', end)
    client.close()
  }
}

/** Logged in. @throws PostriderError where login or TLS are refused */
export async function connectImap(
  mailbox: MailboxConfig,
  greetingMs = TIMEOUT_MS,
): Promise<ImapFlow> {
  const isPlain = !mailbox.implicitTls && isLoopbackHost(mailbox.host)
  const client = new ImapFlow({
    ...{ host: mailbox.host, port: mailbox.port, secure: mailbox.implicitTls },
    ...(mailbox.implicitTls ? {} : { doSTARTTLS: !isPlain }),
    auth: { user: mailbox.user, ...(await loginOf(mailbox)) },
    tls: { ...(await trusted(mailbox)) },
    logger: false,
    disableCompression: true,
    autoIdleDelay: 100,
    connectionTimeout: greetingMs,
    greetingTimeout: greetingMs,
    maxLiteralSize: 2 * MAIL_LIMIT,
  })
  // What ends the connection also ends what was asked of it.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (cause) {
    client.close()
    throw refused(mailbox, cause)
  }
  return client
}

function refused(mailbox: MailboxConfig, cause: unknown): PostriderError {
  const { authenticationFailed, responseText, message } = cause as {
    authenticationFailed?: boolean
    responseText?: string
    message?: string
  }
  const why = responseText || message || 'no answer'
  return new PostriderError(
    authenticationFailed ? 'refused' : 'unavailable',
    authenticationFailed
      ? `mailbox ${mailbox.name}: the login is refused (${why}): look at MAILBOX_URLS`
      : `mailbox ${mailbox.name}: cannot connect to ${mailbox.host}:${mailbox.port} (${why})`,
    { place: 'MAILBOX_URLS', cause },
  )
}

async function loginOf({ login }: MailboxConfig) {
  if ('password' in login) return { pass: login.password }
  // Read at each connection: whoever keeps the token fresh writes it there.
  const token = await readFile(login.tokenFile, 'utf8').catch((cause: unknown) => {
    throw new PostriderError('bad-configuration', `cannot read the token in ${login.tokenFile}`, {
      place: 'MAILBOX_URLS',
      cause,
    })
  })
  return { accessToken: token.trim() }
}

/** Options for node:tls. */
export async function trusted({ caFile }: MailboxConfig): Promise<{ ca?: string[] }> {
  return caFile === null ? {} : { ca: [...rootCertificates, await readFile(caFile, 'utf8')] }
}

/** Rejects when the connection goes. */
function faultOf(client: ImapFlow): Promise<never> {
  const fault = new Promise<never>((_, reject) => {
    client.on('error', reject)
    client.on('close', () => reject(new Error('the connection was closed')))
  })
  fault.catch(() => {})
  return fault
}

function newsOf(client: ImapFlow) {
  let hasNews = false
  let tell = () => {}
  client.on('exists', () => {
    hasNews = true
    tell()
  })
  return {
    forget() {
      hasNews = false
    },
    async next(timeoutMs: number): Promise<void> {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        tell = resolve
        timer = setTimeout(resolve, timeoutMs)
        client.on('close', () => resolve())
        if (hasNews) resolve()
      })
      clearTimeout(timer)
    },
  }
}

/** Everything above the last UID that was looked at, in order, and no mail twice unless we died in between. */
async function lookThrough(
  deps: PollerDeps,
  mailbox: MailboxConfig,
  client: ImapFlow,
  signal: AbortSignal,
): Promise<void> {
  const open = await client.mailboxOpen(mailbox.folder)
  const known = await mailboxProgress(deps.db, mailbox.name)
  const isSame = known.uidValidity === String(open.uidValidity)
  let from = (isSame ? Number(known.lastUid) : 0) + 1
  for (let width = WINDOW; from < open.uidNext && !signal.aborted; ) {
    const to = Math.min(from + width - 1, open.uidNext - 1)
    const uids = await search(client, from, to)
    for (let index = 0; index < uids.length && !signal.aborted; index += BATCH) {
      const batch = uids.slice(index, index + BATCH)
      await takeBatch(deps, mailbox, client, open.uidValidity, batch)
      await noteMailboxProgress(deps.db, mailbox.name, {
        uidValidity: open.uidValidity,
        lastUid: batch.at(-1) as number,
      })
    }
    if (signal.aborted) return
    await noteMailboxProgress(deps.db, mailbox.name, { uidValidity: open.uidValidity, lastUid: to })
    from = to + 1
    width = uids.length === 0 ? width * 2 : WINDOW
  }
}

async function search(client: ImapFlow, from: number, to: number): Promise<number[]> {
  const uids = await client.search({ uid: `${from}:${to}` }, { uid: true })
  if (!uids) throw new Error('the server does not say which mails there are')
  return uids.sort((a, b) => a - b)
}

type Wanted = { uid: number; size: number; destinations: Destination[] }

/** Those of the batch that are for us: kept, and only then taken away. */
async function takeBatch(
  deps: PollerDeps,
  mailbox: MailboxConfig,
  client: ImapFlow,
  uidValidity: bigint,
  uids: readonly number[],
): Promise<void> {
  const wanted = await choose(deps, mailbox, client, uids)
  for (const group of inGroups(wanted)) {
    const range = group.map(({ uid }) => uid).join(',')
    const fetched = await client.fetchAll(range, { uid: true, source: true }, { uid: true })
    const taken: number[] = []
    for (const { uid, destinations } of group) {
      const raw = fetched.find((mail) => mail.uid === uid)?.source
      // Gone meanwhile: somebody else has it.
      if (raw === undefined) continue
      await takeMail(deps, mailbox, { raw, name: `${uidValidity}:${uid}`, destinations })
      taken.push(uid)
    }
    if (taken.length > 0) await takeAway(client, mailbox, taken.join(','))
  }
}

async function choose(
  deps: PollerDeps,
  mailbox: MailboxConfig,
  client: ImapFlow,
  uids: readonly number[],
): Promise<Wanted[]> {
  const query = { uid: true, size: true, headers: [...HEADERS_ASKED] }
  const wanted: Wanted[] = []
  // One after the other: a header may be as long as the mail.
  const mails = client.fetch(uids.join(','), query, { uid: true })
  for await (const { uid, size = 0, headers } of mails) {
    const destinations = headers === undefined ? [] : await whatFor(deps, headers)
    if (destinations.length === 0) continue
    if (size <= MAIL_LIMIT) wanted.push({ uid, size, destinations })
    else deps.log.warn({ mailbox: mailbox.name, uid, octets: size }, 'mail too large; left there')
  }
  return wanted
}

function inGroups(wanted: readonly Wanted[]): Wanted[][] {
  const groups: Wanted[][] = []
  let octets = 0
  for (const mail of wanted) {
    const last = groups.at(-1)
    octets += mail.size
    if (last === undefined || last.length >= FETCHED || octets > FETCHED_OCTETS) {
      groups.push([mail])
      octets = mail.size
    } else {
      last.push(mail)
    }
  }
  return groups
}

async function takeAway(client: ImapFlow, mailbox: MailboxConfig, range: string): Promise<void> {
  const done =
    mailbox.moveTo === null
      ? await client.messageDelete(range, { uid: true })
      : await client.messageMove(range, mailbox.moveTo, { uid: true })
  if (done) return
  throw new PostriderError(
    'refused',
    mailbox.moveTo === null
      ? `mailbox ${mailbox.name}: the server does not let us delete mail in ${mailbox.folder}`
      : `mailbox ${mailbox.name}: the server does not let us move mail to ${mailbox.moveTo}: make that folder, or say then=delete`,
    { place: 'MAILBOX_URLS' },
  )
}
