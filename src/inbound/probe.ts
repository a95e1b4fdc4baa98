import type { MailboxConfig } from '../config-intake.ts'
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

async function probeImap(mailbox: MailboxConfig): Promise<Probe> {
  const client = await connectImap(mailbox)
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
  const pop3 = await connectMailbox(mailbox)
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
