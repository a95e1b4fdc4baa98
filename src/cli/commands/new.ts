import { stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import type { Command } from 'commander'
import { detectLanguage } from '../../issues/language.ts'
import { requireNewsletter } from '../../newsletters/newsletter.ts'
import type { Bind, Context } from '../context.ts'
import { count } from '../format.ts'
import { blankIssue } from '../new/blank.ts'
import { issuesOfFolder, issuesOfNewsletter } from '../new/earlier.ts'
import { type Earlier, type NextIssue, nextIssue } from '../new/next-issue.ts'
import { dayIn } from '../new/rhythm.ts'
import { badUsage, examples } from '../options.ts'
import { writeFileIn } from '../write-file.ts'

type Options = {
  title?: string
  newsletter?: string
  language?: string
  date?: string
  blank?: boolean
}

/** What a newsletter says of its issues; without one, this machine. */
type Around = Readonly<{ timeZone: string; language: string; sent: readonly Earlier[] }>

export function defineNew(command: Command, bind: Bind): void {
  command
    .argument(
      '[path]',
      "the file, whose base name becomes the slug, or the issues' folder",
      'issues',
    )
    .option('--title <text>', 'the title')
    .option('--newsletter <slug>', 'which newsletter it belongs to: its zone, its last issue')
    .option('--language <tag>', 'en, zh-CN …')
    .option('--date <YYYY-MM-DD>', 'instead of the next by the rhythm of those before')
    .option('--blank', 'not from the last issue')
    .addHelpText(
      'after',
      examples(
        'postrider new issues',
        'postrider new issues/field-notes-008.md --title "Field Notes 8"',
      ),
    )
  bind<Options>(command, async (context, [path = ''], options) => {
    if (options.date !== undefined && !isDay(options.date)) {
      throw badUsage(`--date ${options.date}: write a day that there is, as 2026-11-30`)
    }
    const given = await placeOf(path)
    const around = await aroundOf(context, options)
    const earlier = options.blank ? [] : await earlierThan(given, options, around)
    const begun = begin(given, earlier, options, around)
    await writeFileIn(begun.file, begun.markdown, { isNew: true })
    say(context, begun)
  })
}

/** `2026-02-30` is read as a day of March. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text
}

type Place = Readonly<{ folder: string; file: string | null }>

async function placeOf(path: string): Promise<Place> {
  const isFolder = await stat(path).then(
    (about) => about.isDirectory(),
    () => extname(path) === '',
  )
  if (isFolder) return { folder: path, file: null }
  if (extname(path) !== '.md') throw badUsage(`${path}: an issue's name ends in .md`)
  return { folder: dirname(path), file: path }
}

async function aroundOf(context: Context, options: Options): Promise<Around> {
  if (!options.newsletter) {
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
    return {
      timeZone,
      language: options.language ?? detectLanguage(options.title ?? '') ?? 'en',
      sent: [],
    }
  }
  const { db } = await context.runtime()
  const { id, time_zone: timeZone, language } = await requireNewsletter(db, options.newsletter)
  const sent = await issuesOfNewsletter(db, id)
  return { timeZone, language: options.language ?? language, sent }
}

/** Those of the folder that are of its newsletter; where it holds none, those that were sent. */
async function earlierThan(
  place: Place,
  options: Options,
  around: Around,
): Promise<readonly Earlier[]> {
  const { title, newsletter } = options
  const name = place.file === null ? null : basename(place.file, '.md')
  const inFolder = await issuesOfFolder(place.folder, { name, title, newsletter })
  return inFolder.length > 0 ? inFolder : around.sent
}

type Begun = Readonly<{
  file: string
  markdown: string
  from: string | null
  next: NextIssue | null
}>

function begin(
  { file, folder }: Place,
  earlier: readonly Earlier[],
  options: Options,
  around: Around,
): Begun {
  const today = dayIn(around.timeZone, new Date())
  const last = earlier.at(-1)
  if (last === undefined) {
    const path = file ?? join(folder, `${nameOf(options.title) || '001'}.md`)
    const markdown = blankIssue({
      title: options.title ?? basename(path, '.md'),
      ...(options.newsletter ? { newsletter: options.newsletter } : {}),
      date: options.date ?? today,
      language: around.language,
    })
    return { file: path, markdown, from: null, next: null }
  }
  const next = nextIssue([...earlier.slice(0, -1), last], {
    today,
    title: options.title,
    date: options.date,
  })
  return {
    file: file ?? join(folder, `${next.name}.md`),
    markdown: next.markdown,
    from: last.name,
    next,
  }
}

function nameOf(title = ''): string {
  const words = title.normalize('NFC').replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
  return words.replace(/^-|-$/g, '').toLowerCase()
}

function say({ terminal }: Context, { file, from, next }: Begun): void {
  const facts = next && [
    next.number === null ? '' : `number ${next.number}`,
    next.date,
    count(next.sections.length, 'section'),
    `from ${from}`,
  ]
  terminal.done('began', file, facts?.filter(Boolean).join(', ') ?? '')
  terminal.more(`next: write it beside \`postrider preview ${file}\``)
  terminal.object({
    file,
    from,
    number: next?.number ?? null,
    date: next?.date,
    sections: next?.sections,
  })
}
