import { checkIssue } from '../../src/issues/check.ts'
import { parseIssue } from '../../src/issues/parse.ts'

// Run by a process of its own with 200 MB: reads each of these, and says in milliseconds of CPU what each took.

const times = (text: string, length = 100_000): string =>
  text.repeat(Math.ceil(length / text.length))

/** What takes a careless reader the square of its length, or worse; each about 100 KB. */
const INPUTS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...[
        '[',
        '![',
        '[a](b',
        '[a](b "',
        '[a](<b',
        '`',
        '*',
        '*a ',
        '**a',
        '_a',
        '~~a',
        '<',
        '<a ',
        '<b>',
        '<div>',
      ],
      ...[
        '<span a="',
        '<!--',
        'x <!-- ',
        '<svg>',
        '<![CDATA[',
        '&',
        '&a',
        '&#x41;',
        '{{',
        '{{ "',
        '{% ',
        '{:',
        '{: .a',
      ],
      ...[
        '|',
        '> ',
        '- ',
        '1. ',
        '> - ',
        '\\',
        '# a\n',
        '***\n',
        '```\n',
        'a  \n',
        '[^a]',
        '[a]: b\n',
        '[a]（',
      ],
      ...[
        '[^a]: x\n',
        '::: tip\n',
        '::: tip\nx\n:::\n',
        '\t- a\n',
        '## a\n> https://a.example\n',
        '<div>\n\n',
      ],
      ...[
        'http://',
        'https://a.example/ ',
        'a@',
        'a@b.c ',
        'www.',
        '中',
        'a',
        '😀',
        '\u202e',
        '\0',
        '**“a”**后',
        '\n',
      ],
    ].map((text) => [JSON.stringify(text), times(text)]),
  ),
  'a gap': `a${times(' ')}b`,
  'backticks of every length': Array.from({ length: 440 }, (_, n) => `${'`'.repeat(n)}x`).join(' '),
  'a wide table': `${times('|a', 50_000)}\n${times('|-', 50_000)}`,
  'an address of dots': `https://a.example/${times('.')}`,
  'an address of brackets': `https://a.example/${times('()')}`,
  'references to one note': `[^a]: x\n\n${times('[^a] ')}`,
  'references to one link': `[a]: https://a.example\n\n${times('[a] ')}`,
  'a deep list': Array.from({ length: 300 }, (_, n) => `${' '.repeat(n * 2)}- a`).join('\n'),
  'a long title': `---\ntitle: ${times('x')}\n---\ntext`,
  'deep YAML': `---\n${times('[')}\n---\ntext`,
  'many fields': `---\n${Array.from({ length: 9000 }, (_, n) => `k${n}: v`).join('\n')}\n---\ntext`,
}

function cpuMsOf(markdown: string): number {
  const before = process.cpuUsage()
  const parsed = parseIssue(markdown, { file: 'issue.md' })
  if (parsed.ok) checkIssue(parsed.issue, { file: 'issue.md' })
  const used = process.cpuUsage(before)
  return (used.user + used.system) / 1000
}

const took: Record<string, number> = {}
for (const [name, markdown] of Object.entries(INPUTS)) {
  took[name] = cpuMsOf(markdown)
  // Other processes on the same cores make each cycle dearer: what is slow once is asked again.
  if (took[name] > 1500) took[name] = Math.min(took[name], cpuMsOf(markdown))
}
process.stdout.write(JSON.stringify(took))
