import { type Command, Option } from 'commander'
import type { RemoteImages } from '../../../db/types.ts'
import { THEME_FONTS, type ThemeChoices, type ThemeFont } from '../../../emails/theme-choices.ts'
import type { NewsletterFields } from '../../newsletters/fields.ts'
import {
  createNewsletter,
  editNewsletter,
  listNewsletters,
  type Newsletter,
} from '../../newsletters/newsletter.ts'
import type { Bind } from '../context.ts'
import { byOptions } from '../newsletter-options.ts'
import { badUsage, compact, examples } from '../options.ts'

type Options = {
  name?: string
  from?: string
  replyTo?: string
  postal?: string
  description?: string
  language?: string
  timeZone?: string
  color?: string
  logo?: string | false
  logoDark?: string
  logoSize?: string
  textFont?: ThemeFont
  headingFont?: ThemeFont
  width?: string
  contents?: ThemeChoices['contents']
  itemStyle?: ThemeChoices['itemStyle']
  remoteImages?: RemoteImages
  notify?: string
  notifyUnsubscribes?: boolean
  uncertain?: 'hold' | 'resend'
  transports?: string | false
  pauseHard?: number
  pauseComplaints?: number
  pauseBlocks?: number
  inactiveAfter?: number | false
  inactiveRetire?: boolean
}

export function defineNewsletter(newsletter: Command, bind: Bind): void {
  newsletter.addHelpText('after', examples('postrider newsletter list'))
  defineList(newsletter.command('list').description('show them all'), bind)
  defineCreate(newsletter.command('create').description('make one'), bind)
  defineEdit(newsletter.command('edit').description('change what is given'), bind)
}

function defineList(list: Command, bind: Bind): void {
  list.addHelpText('after', examples('postrider newsletter list'))
  bind(list, async ({ terminal, runtime }) => {
    const all = await listNewsletters((await runtime()).db)
    if (all.length === 0) terminal.note('There is none yet. `postrider init` makes one.')
    else terminal.table(['slug', 'name', 'from', 'language', 'time zone'], all.map(row))
    terminal.object({ newsletters: all })
  })
}

function defineCreate(create: Command, bind: Bind): void {
  settings(create.argument('<slug>', 'its name in addresses: a-z, 0-9 and dashes')).addHelpText(
    'after',
    examples(
      'postrider newsletter create field-notes --name "Field Notes" --from notes@weekly.example \\\n    --postal "Field Notes, 1 Lane, Town" --language en',
    ),
  )
  bind<Options>(create, async ({ terminal, runtime }, [slug = ''], options) => {
    const { name, fromAddress, ...others } = inputOf(options)
    if (!name || !fromAddress) throw badUsage(`say --${name ? 'from' : 'name'} too`)
    const input = { slug, name, fromAddress, ...others }
    const { db } = await runtime()
    const made = await byOptions(() => createNewsletter(db, input))
    terminal.done('created', `newsletter ${made.slug}`, `"${made.name}", from ${made.from_address}`)
    if (made.postal_address === '') {
      terminal.warn('lacks', 'a postal address, which every mail must show')
      terminal.more(`postrider newsletter edit ${made.slug} --postal TEXT`)
    }
    terminal.object({ newsletter: made })
  })
}

function defineEdit(edit: Command, bind: Bind): void {
  settings(edit.argument('<slug>', 'which one')).addHelpText(
    'after',
    examples(
      'postrider newsletter edit field-notes --time-zone Asia/Shanghai',
      'postrider newsletter edit field-notes --color "#7a3b2e" --heading-font serif --item-style ruled',
    ),
  )
  bind<Options>(edit, async ({ terminal, runtime }, [slug = ''], options) => {
    const changes = inputOf(options)
    if (Object.keys(changes).length === 0) throw badUsage('say what to change')
    const { db } = await runtime()
    const changed = await byOptions(() => editNewsletter(db, slug, changes))
    terminal.done('changed', `newsletter ${changed.slug}`)
    terminal.object({ newsletter: changed })
  })
}

const row = (one: Newsletter) => [one.slug, one.name, one.from_address, one.language, one.time_zone]

function settings(command: Command): Command {
  return policies(looks(command))
}

function looks(command: Command): Command {
  return command
    .option('--name <name>', 'as readers see it')
    .option('--from <address>', 'the sender, as address or "Name <address>"')
    .option('--reply-to <address>', 'where answers go')
    .option('--postal <text>', 'the postal address in the foot of every mail')
    .option('--description <text>', 'one sentence for its page')
    .option('--language <tag>', 'BCP 47: en, zh-CN …')
    .option('--time-zone <zone>', 'IANA: Asia/Shanghai …')
    .option('--color <#rrggbb>', 'the brand colour')
    .option('--logo <url>', 'shown instead of the name set in type')
    .option('--no-logo', 'the name set in type')
    .option('--logo-size <WxH>', 'as shown, in CSS pixels: 180x40')
    .option('--logo-dark <url>', 'the logo on dark paper')
    .addOption(choice('--text-font <face>', 'of the text', THEME_FONTS))
    .addOption(choice('--heading-font <face>', 'of titles', THEME_FONTS))
    .option('--width <px>', 'of the column: 480 to 640')
    .addOption(choice('--contents <when>', 'the list of contents', ['auto', 'always', 'never']))
    .addOption(choice('--item-style <style>', 'how items stand', ['plain', 'ruled', 'card']))
    .addOption(choice('--remote-images <how>', 'pictures from elsewhere', ['link', 'take-in']))
}

function policies(command: Command): Command {
  return command
    .option('--notify <address>', 'whom to tell')
    .option('--notify-unsubscribes', 'tell of each unsubscribe too')
    .addOption(
      choice('--uncertain <policy>', 'what follows an uncertain delivery', ['hold', 'resend']),
    )
    .option('--transports <names>', 'the ways its campaigns take, with weights: main=3,backup=1')
    .option('--no-transports', 'all that are configured')
    .option('--pause-hard <percent>', 'pause a campaign above so many hard bounces', Number)
    .option('--pause-complaints <percent>', 'or so many complaints', Number)
    .option('--pause-blocks <percent>', 'or so many blocks by one domain', Number)
    .option('--inactive-after <issues>', 'ask who gave no sign of life for so long', Number)
    .option('--no-inactive-after', 'ask nobody')
    .option('--inactive-retire', 'take off who was asked and did not answer')
    .option('--no-inactive-retire', 'leave them on')
}

const choice = (flags: string, description: string, choices: readonly string[]) =>
  new Option(flags, description).choices(choices)

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
    theme: themeOf(options),
    remoteImages: options.remoteImages,
    notifyAddress: options.notify,
    notifyUnsubscribes: options.notifyUnsubscribes,
    uncertainPolicy: options.uncertain,
    transports: options.transports === false ? null : waysOf(options.transports),
    pauseHardPercent: options.pauseHard,
    pauseComplaintPercent: options.pauseComplaints,
    pauseBlockPercent: options.pauseBlocks,
    inactiveAfter: options.inactiveAfter === false ? null : options.inactiveAfter,
    inactiveRetires: options.inactiveRetire,
  }) as NewsletterFields
}

/** `main=3,backup`: without a number, one share. */
function waysOf(text: string | undefined): NewsletterFields['transports'] {
  return text?.split(/[\s,]+/).map((part) => {
    const [name = '', weight = '1', ...rest] = part.split('=')
    if (name === '' || rest.length > 0) throw badUsage(`--transports: "${part}" is no NAME=WEIGHT`)
    return { name, weight: Number(weight) }
  })
}

/** undefined: nothing was said of it. */
function themeOf(options: Options): NewsletterFields['theme'] {
  const theme = compact({
    logo: logoOf(options),
    textFont: options.textFont,
    headingFont: options.headingFont,
    width: options.width === undefined ? undefined : Number(options.width),
    contents: options.contents,
    itemStyle: options.itemStyle,
  })
  return Object.keys(theme).length === 0 ? undefined : (theme as NewsletterFields['theme'])
}

function logoOf({ logo, logoDark, logoSize }: Options): ThemeChoices['logo'] | undefined {
  if (logo === false) return null
  const size = /^(\d+)x(\d+)$/.exec(logoSize ?? '')
  if (!logo && (logoDark || logoSize)) throw badUsage('say --logo too')
  if (!logo) return undefined
  // Without its size a mail would jump as the logo comes in.
  if (!size) throw badUsage('say --logo-size too, such as 180x40')
  return { url: logo, width: Number(size[1]), height: Number(size[2]), darkUrl: logoDark ?? null }
}
