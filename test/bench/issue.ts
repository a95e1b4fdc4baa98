import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const SENTENCES = [
  'A ledger is a promise that somebody can count.',
  'The river was late this year, and so were the swallows.',
  'Nobody reads a number without asking what it is out of.',
  '每一封信都有它的去处，账本上记得清清楚楚。',
  'What was begun is finished, and what was not begun goes back.',
  '窗外下着雨，编辑把最后一个链接又看了一遍。',
  'She wrote *slowly* and **meant it**, and linked [the source](https://example.com/source).',
]
const ITEMS = 27

/** An issue whose message is about 80 KB on the wire, greeting each reader by name. */
export async function writeBenchIssue(folder: string): Promise<string> {
  const items = Array.from({ length: ITEMS }, (_, index) => {
    const text = Array.from(
      { length: 9 },
      (_, at) => SENTENCES[(index * 3 + at * 5) % SENTENCES.length],
    ).join(' ')
    return `### Item ${index + 1}\n\n> https://example.com/items/${index + 1}\n\n${text}\n`
  })
  const path = join(folder, 'bench-001.md')
  const head = `---\ntitle: The bench, number 1\ndate: 2026-11-24\nlanguage: en\n---\n\n`
  const greeting = "Dear {{ subscriber.first_name | default: 'reader' }},\n\n## Items\n\n"
  await writeFile(path, head + greeting + items.join('\n'))
  return path
}
