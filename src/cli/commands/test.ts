import type { Command } from 'commander'
import type { Bind } from '../context.ts'
import { NOBODY_IS_MAILED, openPost } from '../post.ts'
import { readyIssue } from '../sending.ts'
import { sendTest } from '../test-mail.ts'

type Options = { to: string; newsletter?: string }

export function defineTest(command: Command, bind: Bind): void {
  command
    .argument('<file>', 'the issue, a Markdown file')
    .requiredOption('--to <address>', 'who gets it')
    .option('--newsletter <slug>', 'in whose name')
    .addHelpText(
      'after',
      '\nExample:\n  postrider test issues/field-notes-007.md --to me@weekly.example',
    )
  bind<Options>(command, async (context, [file = ''], options) => {
    const runtime = await context.runtime({ name: 'test', poolSize: 20 })
    const ready = await readyIssue(runtime, file, { newsletter: options.newsletter })
    const post = await openPost(runtime)
    if (post.inboxUrl !== null) context.terminal.warn('catching', NOBODY_IS_MAILED, post.inboxUrl)
    const row = await sendTest(context, runtime, post, ready, options.to)
    context.terminal.object({ to: row.address, state: row.state, reason: row.reason })
  })
}
