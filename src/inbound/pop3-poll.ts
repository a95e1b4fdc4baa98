import { mailsLeft, noteMailsLeft, notePolled } from '../../db/queries/mailboxes.ts'
import type { MailboxConfig } from '../config-intake.ts'
import { messageOf, PostriderError } from '../errors.ts'
import { connectPop3, type Pop3, Pop3Refusal } from '../mail/pop3.ts'
import { trusted } from './imap.ts'
import { MAIL_LIMIT, type PollerDeps, takeMail, whatFor } from './mailbox-mail.ts'
import { pause } from './pause.ts'
import { isLoopbackHost } from './peers.ts'

/** Taken in one session: what it deletes is deleted when it ends. */
const TAKEN = 200
/** Looked at in one session. */
const LOOKED_AT = 2_000
const LOOK_MS = 60_000
const TIMEOUT_MS = 60_000

/**
 * Looks through a mailbox once a minute until `signal` ends it. POP3 tells of nothing, and has no order: what was looked
 * at and left is known by its unique id.
 * @throws whatever ends the connection
 */
export async function pollPop3(
  deps: PollerDeps,
  mailbox: MailboxConfig,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    while (!signal.aborted && (await lookOnce(deps, mailbox, signal)) === 'more');
    if (signal.aborted) return
    await notePolled(deps.db, mailbox.name, null)
    await pause(LOOK_MS, signal)
  }
}

/** Logged in. @throws PostriderError where login or TLS are refused */
export async function connectMailbox(
  mailbox: MailboxConfig,
  timeoutMs = TIMEOUT_MS,
): Promise<Pop3> {
  const { host, port, login } = mailbox
  const unsafe = isLoopbackHost(host) ? 'none' : 'required'
  const security = mailbox.implicitTls ? 'implicit' : unsafe
  let pop3: Pop3 | null = null
  try {
    const tls = await trusted(mailbox)
    pop3 = await connectPop3({ host, port, security, tls, timeoutMs })
    await pop3.login(mailbox.user, 'password' in login ? login.password : '')
    return pop3
  } catch (cause) {
    pop3?.close()
    const why = messageOf(cause)
    const isLogin = cause instanceof Pop3Refusal && /^(USER|PASS)$/.test(cause.command)
    throw new PostriderError(
      isLogin ? 'refused' : 'unavailable',
      isLogin
        ? `mailbox ${mailbox.name}: the login is refused (${why}): look at MAILBOX_URLS`
        : `mailbox ${mailbox.name}: cannot connect to ${host}:${port} (${why})`,
      { place: 'MAILBOX_URLS', cause },
    )
  }
}

async function lookOnce(
  deps: PollerDeps,
  mailbox: MailboxConfig,
  signal: AbortSignal,
): Promise<'more' | 'done'> {
  const pop3 = await connectMailbox(mailbox)
  const end = () => pop3.close()
  signal.addEventListener('abort', end)
  try {
    const uids = await pop3.uidl()
    const left = await mailsLeft(deps.db, mailbox.name, [...uids.values()])
    const fresh = [...uids].filter(([, uid]) => !left.has(uid))
    const looked = await look(deps, mailbox, pop3, fresh.slice(0, LOOKED_AT), signal)
    await pop3.quit()
    await noteMailsLeft(deps.db, mailbox.name, looked.left)
    return looked.seen < fresh.length ? 'more' : 'done'
  } catch (error) {
    if (signal.aborted) return 'done'
    throw error
  } finally {
    signal.removeEventListener('abort', end)
    pop3.close()
  }
}

async function look(
  deps: PollerDeps,
  mailbox: MailboxConfig,
  pop3: Pop3,
  mails: readonly (readonly [number: number, uid: string])[],
  signal: AbortSignal,
): Promise<{ seen: number; left: string[] }> {
  const sizes = mails.length === 0 ? new Map<number, number>() : await pop3.list()
  const left: string[] = []
  let [seen, taken] = [0, 0]
  for (const [number, uid] of mails) {
    if (signal.aborted || taken >= TAKEN) break
    seen += 1
    const isSmall = (sizes.get(number) ?? 0) <= MAIL_LIMIT
    if (!isSmall) deps.log.warn({ mailbox: mailbox.name, uid }, 'mail too large; left there')
    if (isSmall && (await takeOne(deps, mailbox, pop3, number, uid))) taken += 1
    else left.push(uid)
  }
  return { seen, left }
}

/** Kept, and only then deleted. false: not for us. */
async function takeOne(
  deps: PollerDeps,
  mailbox: MailboxConfig,
  pop3: Pop3,
  number: number,
  uid: string,
): Promise<boolean> {
  const head = (await pop3.top(number)) ?? (await pop3.retr(number))
  const destinations = await whatFor(deps, head)
  if (destinations.length === 0) return false
  const raw = await pop3.retr(number)
  await takeMail(deps, mailbox, { raw, name: uid, destinations })
  await pop3.dele(number)
  return true
}
