import type { Command } from 'commander'
import { PostriderError } from '../../errors.ts'
import type { Bind, Context } from '../context.ts'
import { examples } from '../options.ts'
import type { Runtime } from '../runtime.ts'

export function defineInbound(command: Command, bind: Bind): void {
  command.addHelpText(
    'after',
    examples(
      'INBOUND_DOMAIN=bounces.weekly.example INBOUND_LISTEN=0.0.0.0:25 postrider inbound',
      'INBOUND_DOMAIN=bounces.weekly.example MAILBOX_URLS=imaps://user:password@imap.example postrider inbound',
    ),
  )
  bind(command, runInbound)
}

async function runInbound(context: Context): Promise<void> {
  const { inbound, mailboxes } = context.config
  if (!inbound && mailboxes.length === 0) {
    throw new PostriderError(
      'bad-configuration',
      'nobody is told where mail comes in: set INBOUND_DOMAIN and INBOUND_LISTEN, or MAILBOX_URLS',
    )
  }
  // Each mailbox keeps a connection of its own for its lock.
  const poolSize = 10 + mailboxes.length
  await openInbound(context, await context.runtime({ name: 'inbound', isProcess: true, poolSize }))
  context.terminal.note('Ctrl-C ends it: what is on its way is finished first.')
  await context.stopped
}

/** All ways in for mail that are configured, for as long as the process lives. */
export async function openInbound(
  { starters, terminal }: Context,
  runtime: Runtime,
): Promise<void> {
  const door = await starters.door(runtime)
  runtime.defer(() => door.close())
  const domain = runtime.config.inbound?.domain
  if (door.port !== null) terminal.done('listening', `for mail to ${domain} on port ${door.port}`)
  if (door.lmtpPort !== null) {
    terminal.done('listening', `for mail to ${domain} by LMTP on port ${door.lmtpPort}`)
  }
  for (const name of door.mailboxes) terminal.done('polling', `the mailbox ${name}`)
  terminal.object({ inbound: door.port, lmtp: door.lmtpPort, mailboxes: door.mailboxes })
}
