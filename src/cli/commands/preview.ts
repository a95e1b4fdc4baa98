import type { Command } from 'commander'
import { messageOf } from '../../errors.ts'
import type { Bind, Context } from '../context.ts'
import { count, formatBytes } from '../format.ts'
import { placeOf, readTextFile } from '../input.ts'
import { knownNewsletter } from '../known-newsletter.ts'
import { badUsage, examples } from '../options.ts'
import { startPreview } from '../preview/server.ts'
import type { Shown } from '../preview/shown.ts'

type Options = { newsletter?: string; port: string }

export function definePreview(command: Command, bind: Bind): void {
  command
    .argument('<file>', 'the issue, a Markdown file')
    .option('--newsletter <slug>', 'in the look of this one, as the database has it')
    .option('--port <number>', 'a taken one means the next free one', '3030')
    .addHelpText('after', examples('postrider preview issues/field-notes-007.md'))
  bind<Options>(command, async (context, [file = ''], options) => {
    const { terminal, stopped } = context
    const port = Number(options.port)
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw badUsage(`--port ${options.port} is no port`)
    }
    // A typing error in the name is said now; a file that goes away later is waited for.
    await readTextFile(file)
    const preview = await startPreview({
      ...{ file, port },
      newsletter: await knownNewsletter(context, options),
      onShown: (shown) => say(context, file, shown),
      onFault: (error) => terminal.fail(`${file}: ${messageOf(error)}`),
    })
    terminal.done('serving', preview.url, 'on this machine only; Ctrl+C ends it')
    terminal.object({ url: preview.url })
    await stopped
    await preview.close()
  })
}

function say({ terminal }: Context, file: string, { broken, mail, findings }: Shown): void {
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (broken !== null) {
    const [first] = errors
    terminal.wrong('broken', first ? `${placeOf(first)}   ${first.what}` : broken)
    return
  }
  const say = errors.length > 0 ? terminal.warn : terminal.done
  const warnings = findings.length - errors.length
  say(
    'rendered',
    file,
    `${formatBytes(mail?.rendered.sizes.htmlBytes ?? 0)}, ${count(errors.length, 'error')}, ${count(warnings, 'warning')}`,
  )
}
