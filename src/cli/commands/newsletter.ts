import type { Command } from 'commander'
import type { NewsletterFields } from '../../newsletters/fields.ts'
import {
  createNewsletter,
  editNewsletter,
  listNewsletters,
  type NewNewsletterInput,
  type Newsletter,
} from '../../newsletters/newsletter.ts'
import type { Bind } from '../context.ts'
import { compact, examples } from '../options.ts'

type Options = {
  name?: string
  from?: string
  replyTo?: string
  postal?: string
  description?: string
  language?: string
  timeZone?: string
  color?: string
  notify?: string
  notifyUnsubscribes?: boolean
  uncertain?: 'hold' | 'resend'
}

export function defineNewsletter(newsletter: Command, bind: Bind): void {
  const list = newsletter
    .command('list')
    .description('show them all')
    .addHelpText('after', examples('postrider newsletter list'))
  bind(list, async ({ terminal, runtime }) => {
    const all = await listNewsletters((await runtime()).db)
    if (all.length === 0) terminal.note('There is none yet. `postrider init` makes one.')
    else terminal.table(['slug', 'name', 'from', 'language', 'time zone'], all.map(row))
    terminal.object({ newsletters: all })
  })

  const create = settings(
    newsletter.command('create').argument('<slug>', 'its name in addresses: a-z, 0-9 and dashes'),
  )
    .description('make one')
    .addHelpText(
      'after',
      '\nExample:\n  postrider newsletter create field-notes --name "Field Notes" --from notes@weekly.example \\\n    --postal "Field Notes, 1 Lane, Town" --language en',
    )
  bind<Options>(create, async ({ terminal, runtime }, [slug = ''], options) => {
    const made = await createNewsletter((await runtime()).db, {
      slug,
      ...inputOf(options),
    } as NewNewsletterInput)
    terminal.done('created', `newsletter ${made.slug}`, `"${made.name}", from ${made.from_address}`)
    terminal.object({ newsletter: made })
  })

  const edit = settings(newsletter.command('edit').argument('<slug>')).description('change one')
  bind<Options>(edit, async ({ terminal, runtime }, [slug = ''], options) => {
    const changed = await editNewsletter((await runtime()).db, slug, inputOf(options))
    terminal.done('changed', `newsletter ${changed.slug}`)
    terminal.object({ newsletter: changed })
  })
}

const row = (one: Newsletter) => [one.slug, one.name, one.from_address, one.language, one.time_zone]

function settings(command: Command): Command {
  return command
    .option('--name <name>', 'as readers see it')
    .option('--from <address>', 'the sender, as address or "Name <address>"')
    .option('--reply-to <address>', 'where answers go')
    .option('--postal <text>', 'the postal address in the foot of every mail')
    .option('--description <text>', 'one sentence for its page')
    .option('--language <tag>', 'BCP 47: en, zh-CN …')
    .option('--time-zone <zone>', 'IANA: Asia/Shanghai …')
    .option('--color <#rrggbb>', 'the brand colour')
    .option('--notify <address>', 'whom to tell')
    .option('--notify-unsubscribes', 'tell of each unsubscribe too')
    .option('--uncertain <policy>', 'what follows an uncertain delivery: hold or resend')
}

function inputOf(options: Options): NewsletterFields {
  const from = /^\s*(.*?)\s*<([^<>]+)>\s*$/.exec(options.from ?? '')
  return compact({
    name: options.name,
    fromAddress: from?.[2] ?? options.from,
    fromName: from?.[1]?.replace(/^"|"$/g, '') || undefined,
    replyTo: options.replyTo,
    postalAddress: options.postal,
    description: options.description,
    language: options.language,
    timeZone: options.timeZone,
    brandColor: options.color,
    notifyAddress: options.notify,
    notifyUnsubscribes: options.notifyUnsubscribes,
    uncertainPolicy: options.uncertain,
  }) as NewsletterFields
}
