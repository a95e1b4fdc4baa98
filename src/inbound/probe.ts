import type { MailboxConfig } from '../config-intake.ts'
import { PostriderError } from '../errors.ts'
import { connectImap } from './imap.ts'
import { connectMailbox } from './pop3-poll.ts'

export type Probe = Readonly<{
  mails: number
  isEncrypted: boolean
  /** One line for people. */
  words: string
  /** What will be slower or riskier there. */
  warnings: readonly string[]
}>

/**
 * Logs in, looks, and changes nothing.
 * @throws PostriderError saying what is in the way
 */
export async function probeMailbox(mailbox: MailboxConfig): Promise<Probe> {
  return mailbox.protocol === 'imap' ? await probeImap(mailbox) : await probePop3(mailbox)
}

/** A person waits; even a slow server has greeted and taken a login by then. */
const ANSWER_MS = 8_000

/** What answers with something else, or falls silent after its greeting, is given up. */
async function within<T extends { close(): void }>(
  mailbox: MailboxConfig,
  connecting: Promise<T>,
): Promise<T> {
  const { name, host, port, protocol } = mailbox
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const why = `no ${protocol.toUpperCase()} server answered in ${ANSWER_MS / 1000} s`
    const error = new PostriderError(
      'unavailable',
      `mailbox ${name}: ${why} at ${host}:${port}: look at the port in MAILBOX_URLS`,
      { place: 'MAILBOX_URLS' },
    )
    timer = setTimeout(() => {
      reject(error)
      connecting.then(
        (connected) => connected.close(),
        () => {},
      )
    }, ANSWER_MS)
  })
  return await Promise.race([connecting, late]).finally(() => clearTimeout(timer))
}

async function probeImap(mailbox: MailboxConfig): Promise<Probe> {
  const client = await within(mailbox, connectImap(mailbox, ANSWER_MS))
  try {
    const open = await client.mailboxOpen(mailbox.folder, { readOnly: true })
    const can = (capability: string) => client.capabilities.has(capability)
    const folders = mailbox.moveTo === null ? [] : await client.list()
    const hasFolder = folders.some(({ path }) => path === mailbox.moveTo)
    const warnings = [
      ...(can('IDLE') ? [] : ['no IDLE: new mail is seen within five minutes only']),
      ...(can('MOVE') || can('UIDPLUS')
        ? []
        : ['neither MOVE nor UIDPLUS: whatever else is marked as deleted there goes too']),
      ...(mailbox.moveTo === null || hasFolder
        ? []
        : [`there is no folder "${mailbox.moveTo}" yet: it will be made`]),
    ]
    const isEncrypted = client.secureConnection
    const taken = mailbox.moveTo === null ? 'deleted' : `moved to "${mailbox.moveTo}"`
    return {
      ...{ mails: open.exists, isEncrypted, warnings },
      words: `${open.exists} mails in ${mailbox.folder}, ${encryption(isEncrypted)}; what is taken is ${taken}`,
    }
  } finally {
    await client.logout().catch(() => {})
    client.close()
  }
}

async function probePop3(mailbox: MailboxConfig): Promise<Probe> {
  const pop3 = await within(mailbox, connectMailbox(mailbox, ANSWER_MS))
  try {
    const uids = await pop3.uidl()
    const [first] = uids.keys()
    const hasTop = first === undefined || (await pop3.top(first)) !== null
    await pop3.quit()
    return {
      ...{ mails: uids.size, isEncrypted: pop3.isEncrypted },
      words: `${uids.size} mails, ${encryption(pop3.isEncrypted)}; what is taken is deleted`,
      warnings: hasTop ? [] : ['no TOP: every mail is fetched whole to see what it is'],
    }
  } finally {
    pop3.close()
  }
}

const encryption = (isEncrypted: boolean) => (isEncrypted ? 'encrypted' : 'in the clear')
