import type { Command } from 'commander'
import type { Bind } from '../context.ts'
import { readIssueFile } from '../input.ts'
import { examples } from '../options.ts'
import { NOBODY_IS_MAILED, openPost, sayInbox } from '../post.ts'
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
      examples('postrider test issues/field-notes-007.md --to me@weekly.example'),
    )
  bind<Options>(command, async (context, [file = ''], options) => {
    const read = await readIssueFile(file)
    const runtime = await context.runtime({ name: 'test', poolSize: 20 })
    const ready = await readyIssue(runtime, read, { newsletter: options.newsletter })
    const post = await openPost(runtime)
    if (post.inbox !== null) context.terminal.warn('catching', NOBODY_IS_MAILED)
    const row = await sendTest(context, runtime, post, ready, options.to)
    sayInbox(context.terminal, post)
    context.terminal.object({ to: row.address, state: row.state, reason: row.reason })
  })
}
