import { isCancel, text } from '@clack/prompts'
import type { Command } from 'commander'
import { packagePath } from '../../config.ts'
import { messageOf, PostriderError } from '../../errors.ts'
import { parseAddress } from '../../mail/address.ts'
import { readNewsletterFields } from '../../newsletters/fields.ts'
import {
  createNewsletter,
  findNewsletter,
  type Newsletter,
  requireSlug,
} from '../../newsletters/newsletter.ts'
import type { Bind, Context } from '../context.ts'
import { readIssueFile } from '../input.ts'
import { badUsage, examples } from '../options.ts'
import { NOBODY_IS_MAILED, openPost, sayInbox } from '../post.ts'
import type { Runtime } from '../runtime.ts'
import { readyIssue } from '../sending.ts'
import { sendTest } from '../test-mail.ts'

type Options = {
  name?: string
  slug?: string
  from?: string
  postal?: string
  language?: string
  to?: string
}
type Answers = Required<Options>

export function defineInit(command: Command, bind: Bind): void {
  command
    .option('--name <name>', 'the newsletter, as readers see it')
    .option('--slug <slug>', 'its name in addresses')
    .option('--from <address>', 'the sender')
    .option('--postal <text>', 'the postal address in the foot of every mail')
    .option('--language <tag>', 'en, zh-CN …')
    .option('--to <address>', 'where the test mail goes')
    .addHelpText(
      'after',
      examples(
        'postrider init --name "Field Notes" --from notes@weekly.example --postal "1 Lane, Town" \\\n    --language en --to me@weekly.example',
      ),
    )
  bind<Options>(command, init)
}

async function init(context: Context, _args: string[], options: Options): Promise<void> {
  const { terminal } = context
  const answers = await ask(context, options)
  if (answers === null) return
  const runtime = await context.runtime({ name: 'init', poolSize: 20, migrates: true })
  const newsletter = await newsletterOf(context, runtime, answers)
  const post = await openPost(runtime)
  const sample = await readIssueFile(sampleFor(newsletter.language))
  const issue = await readyIssue(runtime, sample, { newsletter: newsletter.slug })
  await sendTest(context, runtime, post, issue, answers.to)
  if (post.inbox !== null) {
    terminal.warn('catching', NOBODY_IS_MAILED)
    terminal.more('Set SMTP_URL and PUBLIC_URL to mail for real.')
  }
  sayInbox(context.terminal, post)
  terminal.heading('What comes next')
  const { slug } = newsletter
  terminal.note('postrider start   # the pages, the workers, the inbox')
  terminal.note(`postrider new issues/${slug}-001.md --newsletter ${slug}`)
  terminal.note(`postrider subscribers import FILE.csv --newsletter ${slug} --consent TEXT`)
  terminal.note(`postrider send issues/${slug}-001.md`)
  terminal.object({ newsletter: newsletter.slug, to: answers.to, caught: post.inbox !== null })
}

/** The sample that reads best in a newsletter of this language. */
function sampleFor(language: string): string {
  return packagePath(
    language.startsWith('zh') ? 'issues/qingdeng-weekly-001.md' : 'issues/field-notes-007.md',
  )
}

async function newsletterOf(
  { terminal }: Context,
  runtime: Runtime,
  answers: Answers,
): Promise<Newsletter> {
  const known = await findNewsletter(runtime.db, answers.slug)
  if (known !== null) {
    terminal.note(`newsletter ${known.slug} is there already and stays as it is`)
    return known
  }
  const made = await createNewsletter(runtime.db, {
    slug: answers.slug,
    name: answers.name,
    fromAddress: answers.from,
    postalAddress: answers.postal,
    language: answers.language,
    // Of whoever sits here; `newsletter edit --time-zone` changes it.
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    notifyAddress: answers.to,
  })
  terminal.done('created', `newsletter ${made.slug}`, `its times are those of ${made.time_zone}`)
  return made
}

const QUESTIONS = [
  { key: 'name', message: 'What is the newsletter called?', placeholder: 'Field Notes' },
  { key: 'slug', message: 'Its name in addresses (a-z, 0-9, dashes)?', placeholder: 'field-notes' },
  { key: 'from', message: 'From which address does it come?', placeholder: 'notes@weekly.example' },
  {
    key: 'postal',
    message: 'The postal address in the foot of every mail?',
    placeholder: 'Field Notes, 1 Lane, Town',
  },
  { key: 'language', message: 'In which language is it written?', placeholder: 'en' },
  { key: 'to', message: 'Where shall the test mail go?', placeholder: 'me@weekly.example' },
] as const
type Question = (typeof QUESTIONS)[number]

/** @returns null if the person left */
async function ask({ terminal }: Context, options: Options): Promise<Answers | null> {
  const answers: Partial<Answers> = { ...options }
  for (const question of QUESTIONS) {
    const { key } = question
    const given =
      answers[key] ?? (terminal.interactive ? await askOne(question, answers) : guess(key, answers))
    if (given === null) {
      terminal.note('Nothing was made.')
      process.exitCode = 1
      return null
    }
    if (!given) throw badUsage(`nobody is here to be asked: say --${key} too`)
    answers[key] = given
  }
  return answers as Answers
}

async function askOne(question: Question, answers: Partial<Answers>): Promise<string | null> {
  const { key, message, placeholder } = question
  const initial = guess(key, answers)
  const answer = await text({
    message,
    placeholder,
    ...(initial ? { initialValue: initial } : {}),
    validate: (value) => problemOf(key, value ?? ''),
  })
  return isCancel(answer) ? null : answer
}

/** What is taken where nobody is asked, and offered where somebody is. */
function guess(key: keyof Answers, answers: Partial<Answers>): string | undefined {
  if (key === 'slug') return slugOf(answers.name ?? '')
  return key === 'language' ? 'en' : undefined
}

function problemOf(key: keyof Answers, value: string): string | undefined {
  if (value.trim() === '') return 'This is needed.'
  try {
    if (key === 'slug') requireSlug(value)
    else if (key === 'language') readNewsletterFields({ language: value })
    else if (key === 'from' || key === 'to') requireAddress(value)
  } catch (error) {
    return messageOf(error)
  }
  return undefined
}

function requireAddress(value: string): void {
  const parsed = parseAddress(value)
  if (!parsed.ok) throw new PostriderError('bad-input', `That is no address: ${parsed.why}`)
}

function slugOf(name: string): string | undefined {
  const slug = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
  return slug || undefined
}
