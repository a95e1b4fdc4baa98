import type { Command } from 'commander'
import type { MailboxConfig } from '../../config-intake.ts'
import { messageOf, PostriderError } from '../../errors.ts'
import type { Bind, Context } from '../context.ts'
import { examples } from '../options.ts'

export function defineMailbox(command: Command, bind: Bind): void {
  command.addHelpText('after', examples('postrider mailbox test'))
  const test = command
    .command('test')
    .description('log in to each mailbox of MAILBOX_URLS and say what it can; takes nothing out')
    .argument('[name]', 'only this one')
    .addHelpText(
      'after',
      examples('MAILBOX_URLS=imaps://user:password@imap.example postrider mailbox test'),
    )
  bind(test, testMailboxes)
}

async function testMailboxes(context: Context, [name]: string[]): Promise<void> {
  const { terminal, config } = context
  const chosen = config.mailboxes.filter((mailbox) => name === undefined || mailbox.name === name)
  if (chosen.length === 0) throw nothingToTest(config.mailboxes, name)
  const { probeMailbox } = await import('../../inbound/probe.ts')
  const results = []
  for (const mailbox of chosen) {
    try {
      const found = await probeMailbox(mailbox)
      terminal.done(mailbox.name, found.words)
      for (const warning of found.warnings) terminal.warn(mailbox.name, warning)
      results.push({ name: mailbox.name, ok: true, ...found })
    } catch (error) {
      terminal.fail(messageOf(error))
      results.push({ name: mailbox.name, ok: false, words: messageOf(error) })
      process.exitCode = 1
    }
  }
  terminal.object({ mailboxes: results })
}

function nothingToTest(mailboxes: readonly MailboxConfig[], name: string | undefined) {
  if (mailboxes.length === 0) {
    return new PostriderError('bad-configuration', 'no mailbox is configured: set MAILBOX_URLS')
  }
  const known = mailboxes.map((mailbox) => mailbox.name).join(', ')
  return new PostriderError('not-found', `MAILBOX_URLS has no mailbox "${name}"; known: ${known}`)
}
