import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { PostriderError } from '../../errors.ts'
import type { Bind } from '../context.ts'
import { badUsage, examples } from '../options.ts'

type Options = { title?: string; newsletter?: string; language?: string }

export function defineNew(command: Command, bind: Bind): void {
  command
    .argument('<file>', 'where to write it; the base name becomes the slug')
    .option('--title <text>', 'the title')
    .option('--newsletter <slug>', 'which newsletter it belongs to')
    .option('--language <tag>', 'en, zh-CN …', 'en')
    .addHelpText(
      'after',
      examples('postrider new issues/field-notes-008.md --title "Field Notes 8"'),
    )
  bind<Options>(command, async ({ terminal }, [file = ''], options) => {
    if (extname(file) !== '.md') throw badUsage(`${file}: an issue's name ends in .md`)
    await mkdir(dirname(file), { recursive: true })
    try {
      await writeFile(file, skeleton(file, options, new Date()), { flag: 'wx' })
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
      throw new PostriderError('refused', `${file} is there already: name another file`, { cause })
    }
    terminal.done('began', file, `next: write it, then \`postrider check ${file}\``)
    terminal.object({ file })
  })
}

const SHAPES = {
  en: {
    section: 'Section',
    tagline: 'One sentence on what this section is about',
    item: 'The title of an item',
    text: 'What it is, and why it is worth reading.',
  },
  zh: {
    section: '栏目',
    tagline: '一句话说明这个栏目',
    item: '条目标题',
    text: '它讲了什么，为什么值得一读。',
  },
} as const

/** A whole issue in the shape that is recognised: a section with its tagline, an item with its source. */
function skeleton(file: string, options: Options, now: Date): string {
  const language = options.language ?? 'en'
  const words = language.startsWith('zh') ? SHAPES.zh : SHAPES.en
  const meta = {
    title: options.title ?? basename(file, '.md'),
    ...(options.newsletter ? { newsletter: options.newsletter } : {}),
    date: now.toISOString().slice(0, 10),
    language,
  }
  return [
    `---\n${stringify(meta)}---\n`,
    `## ${words.section}`,
    `> ${words.tagline}\n`,
    `### ${words.item}`,
    '> https://www.example.com/\n',
    `${words.text}\n`,
  ].join('\n')
}
