import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Item, Section } from '../../src/issues/issue.ts'
import { parseIssue } from '../../src/issues/parse.ts'
import { plainText } from '../../src/issues/plain-text.ts'
import { hrefs, parsed, visibleText } from '../support/issue-text.ts'

const sections = (markdown: string): Section[] =>
  parsed(markdown).issue.blocks.filter((block): block is Section => block.kind === 'section')
const items = (markdown: string): Item[] =>
  sections(markdown)
    .flatMap((section) => section.blocks)
    .filter((block): block is Item => block.kind === 'item')

describe('front matter', () => {
  const meta = (markdown: string, options: object = {}) => parsed(markdown, options).issue.meta

  test('is read with blank lines, CRLF and a byte order mark in it, unknown fields kept', () => {
    const text =
      '---\ntitle: 第 12 期\ncategory: 技术\n\ndate: 2023-8-6\noutline: [2, 3]\nfoot: {a: 1}\n---\n\n\n## 甲\n\n乙\n'
    for (const written of [text, text.replaceAll('\n', '\r\n'), `\ufeff${text}`, `\n\n${text}`]) {
      expect(meta(written)).toMatchObject({
        title: '第 12 期',
        subject: '第 12 期',
        date: '2023-08-06',
        extra: { category: '技术', outline: [2, 3], foot: { a: 1 } },
      })
    }
  })

  test('gives every field that we know', () => {
    expect(
      meta(
        '---\ntitle: T\nsubject: S\npreheader: P\nslug: a b\nlang: pt_br\nnewsletter: weekly\nbase_url: https://a.example/\ntopics: [x, y, x]\n---\ntext',
      ),
    ).toEqual({
      title: 'T',
      date: null,
      subject: 'S',
      preheader: 'P',
      slug: 'a-b',
      language: 'pt-BR',
      newsletter: 'weekly',
      baseUrl: 'https://a.example/',
      topics: ['x', 'y'],
      extra: {},
    })
  })

  test.each([
    ['2023-8-6', '2023-08-06'],
    ['2024-11-10', '2024-11-10'],
    ['2023/03/13', '2023-03-13'],
    ['2024年3月5日', '2024-03-05'],
    ['2024-03-05T23:30:00-08:00', '2024-03-05'],
    ['"2022-12-16 18:16:30"', '2022-12-16'],
    ['2024-02-30', null],
    ['2023-13-01', null],
    ['June 05 2025', null],
  ])('the date %s is %s, wherever it is read', (written, date) => {
    const { issue, findings } = parsed(`---\ntitle: T\ndate: ${written}\n---\ntext`)
    expect(issue.meta.date).toBe(date)
    expect(findings.filter((each) => each.line === 3)).toHaveLength(date === null ? 1 : 0)
  })

  test('that would grow without end by its aliases is an error too', () => {
    const nine = (name: string) => `[${Array(9).fill(name).join(', ')}]`
    const bomb = `a: &a ${nine('1')}\nb: &b ${nine('*a')}\nc: &c ${nine('*b')}\nd: ${nine('*c')}`
    const parsed = parseIssue(`---\ntitle: T\n${bomb}\n---\ntext`, { file: 'bomb.md' })
    expect(parsed).toMatchObject({ ok: true, issue: { meta: { title: 'T' } } })
    expect(parsed.findings).toContainEqual(
      expect.objectContaining({
        ...{ severity: 'error', file: 'bomb.md', line: 2 },
        what: expect.stringContaining('aliases'),
      }),
    )
  })

  test.each([
    ['---\ntitle: T\nsubject: a: b\ndate: [1\n---\n## A\n\ntext', 3],
    ['\n---\ntitle: "T"\n\n## A\n\ntext', 2],
    ['---\ntitle: T\ntitle: U\n---\n## A\n\ntext', 3],
    ['---\ntitle: T\n\tx: [\n---\n## A\n\ntext', 3],
  ])(
    'that is broken is an error with file and line, and the rest can be looked at: %j',
    (markdown, line) => {
      const result = parseIssue(markdown, { file: 'a/weekly.md' })
      expect(result).toMatchObject({ ok: true, issue: { meta: { title: 'T' } } })
      expect(result.findings).toContainEqual(
        expect.objectContaining({ severity: 'error', file: 'a/weekly.md', line }),
      )
      if (result.ok) expect(visibleText(result.issue)).toBe('T A  text')
    },
  )

  test('a rule at the top is no front matter', () => {
    expect(visibleText(parsed('---\n\nWort\n\n---\n\nmehr').issue)).toContain('Wort')
    expect(visibleText(parsed('---\n\nWort').issue)).toContain('Wort')
  })

  test('may be a header of fields up to the first blank line', () => {
    expect(
      meta('Title: Week 247\nNumber: 247\nDate: 2018-08-14\n\nHello and welcome'),
    ).toMatchObject({
      title: 'Week 247',
      date: '2018-08-14',
      extra: { number: '247' },
    })
    expect(meta('Title: only a sentence\n\ntext').title).not.toBe('only a sentence')
  })

  test('nothing in title or subject ends a header line or hides in it', () => {
    const { title, subject } = meta(
      '---\ntitle: "A\\r\\nBcc: x@a.example\\0\\u202eb"\nsubject: "B\\n\\n<b>c</b>"\n---\ntext',
    )
    expect([title, subject]).toEqual(['A Bcc: x@a.example b', 'B <b>c</b>'])
  })

  test('a missing title is the first heading, without its marks', () => {
    expect(meta('## **News** from `here` &amp; [there](https://a.example)\n').title).toBe(
      'News from here & there',
    )
  })

  test('a missing slug is the file’s base name, and a number stays as it is written', () => {
    expect(meta('text', { file: 'weeklies/012 first.md' }).slug).toBe('012-first')
    expect(meta('text', { file: '120-大奥特曼.md' }).slug).toBe('120-大奥特曼')
    expect(meta('---\nslug: 012\n---\ntext').slug).toBe('012')
    expect(meta('---\nslug: ../../etc\n---\ntext').slug).not.toMatch(/[/\\]|^\./)
  })

  test('an empty issue is an error', () => {
    expect(parsed('---\ntitle: T\n---\n').findings).toContainEqual(
      expect.objectContaining({ severity: 'error', what: 'the issue is empty' }),
    )
  })
})

describe('language', () => {
  test.each([
    ['今天我们说说新的开源模型，以及它和 Prompt Engineering 的关系。', 'zh-CN'],
    ['今天我們說說新的開源模型，以及它們與提示工程的關係。', 'zh-TW'],
    ['今週は東京大学図書館特集。', 'ja'],
    ['今週のニュースレターでは、コンセンサスの変更について説明します。', 'ja'],
    ['이번 주 소식지는 새로운 도구를 다룹니다.', 'ko'],
    ['Обзор текущего состояния доступности в почтовых программах.', 'ru'],
    ['این هفته درباره چیزهای تازه می‌گوییم.', 'fa'],
    ['في هذا العدد نتحدث عن الأدوات الجديدة.', 'ar'],
    ['This is the week that was, and it is not over for all of us yet.', 'en'],
    [
      'Der Newsletter dieser Woche ist kurz und beschreibt die neue Bibliothek, die das ermöglicht.',
      'de',
    ],
    [
      'La lettre de cette semaine parle des nouveaux outils et de ce que les lecteurs en disent.',
      'fr',
    ],
    [
      'Esta semana hablamos de las herramientas nuevas y de lo que se puede hacer con ellas para el taller.',
      'es',
    ],
  ])('%s', (text, language) => {
    expect(parsed(`---\ntitle: "7"\n---\n${text}`, { language: 'nl' }).issue.meta.language).toBe(
      language,
    )
  })

  test('what is written wins, and the newsletter’s stands in where nothing can be told', () => {
    expect(
      parsed('---\nlanguage: zh-HK\n---\nThis is the one and it is in English').issue.meta.language,
    ).toBe('zh-HK')
    expect(parsed('---\ntitle: "7"\n---\n42', { language: 'nl' }).issue.meta.language).toBe('nl')
    expect(
      parsed('---\ntitle: "7"\nlanguage: Klingonese\n---\n42', { language: 'nl' }).findings,
    ).toContainEqual(expect.objectContaining({ line: 3, what: '"Klingonese" is no language' }))
  })

  test('code does not decide it', () => {
    expect(
      parsed(
        '甲乙丙丁戊己\n\n```\nthis is the code and it is in all of the files that we have\n```',
      ).issue.meta.language,
    ).toBe('zh-CN')
  })
})

describe('sections and items', () => {
  const weekly = [
    '---',
    'title: T',
    'date: 2026-8-2',
    '---',
    '',
    '## A',
    '> tag *line*',
    '',
    '### One',
    '> https://www.a.example/1?x=1',
    '>',
    '> [two](https://b.example/2) | [three](https://c.example/3)',
    '',
    'text',
    '',
    '#### below',
    '',
    'more',
    '',
    '### Two',
    '',
    '> [https://d.example/4](https://d.example/4)',
    '',
    '## B',
    '> lone tag',
    '',
    '## A',
    '',
    '### Three',
    '> see https://e.example/5',
    '',
    'last',
  ].join('\n')

  test('are seen with tagline, sources, lines and anchors', () => {
    const [a, b, c] = sections(weekly)
    expect(a).toMatchObject({ plainTitle: 'A', anchor: 'a', line: 6 })
    expect(plainText(a?.tagline ?? [])).toBe('tag line')
    expect(a?.blocks).toMatchObject([
      {
        kind: 'item',
        plainTitle: 'One',
        anchor: 'one',
        line: 9,
        sources: [
          { href: 'https://www.a.example/1?x=1', label: 'a.example', bare: true },
          { href: 'https://b.example/2', label: 'two', bare: false },
          { href: 'https://c.example/3', label: 'three', bare: false },
        ],
        tokens: [
          { type: 'paragraph' },
          { type: 'heading', depth: 4, line: 16 },
          { type: 'paragraph' },
        ],
      },
      {
        kind: 'item',
        plainTitle: 'Two',
        line: 20,
        sources: [{ label: 'd.example', bare: true }],
        tokens: [],
      },
    ])
    expect(b).toMatchObject({ plainTitle: 'B', line: 24, blocks: [] })
    expect(c).toMatchObject({ plainTitle: 'A', anchor: 'a-1', tagline: null })
  })

  test('a quote with words beside its links is no source line, and stays where it is', () => {
    const [, , c] = sections(weekly)
    expect(c?.blocks).toMatchObject([
      { kind: 'item', sources: [], tokens: [{ type: 'blockquote' }, { type: 'paragraph' }] },
    ])
  })

  test('a quote of words, of an image, or of nothing makes no item', () => {
    for (const quote of [
      'text\n\n> see https://a.example',
      '> ![x](https://a.example/i.png)',
      '> |',
      '>',
    ]) {
      expect(items(`## A\n\n### B\n\n${quote}\n`)).toEqual([])
    }
  })

  test('links that hard breaks or entities part still make an item', () => {
    expect(
      items(
        '## A\n### B\n> <https://a.example>  \n> &nbsp;/ [x](https://b.example)、https://c.example',
      ),
    ).toMatchObject([
      {
        sources: [
          { href: 'https://a.example' },
          { href: 'https://b.example' },
          { href: 'https://c.example' },
        ],
      },
    ])
  })

  test('### under no section, # and everything else stays ordinary Markdown in its place', () => {
    const { issue } = parsed(
      '# T\n\nintro\n\n### free\n> https://a.example\n\n## S\n\ntext\n\n# Part\n\nend',
    )
    expect(issue.meta.title).toBe('T')
    expect(issue.blocks).toMatchObject([
      {
        kind: 'markdown',
        tokens: [{ type: 'paragraph' }, { type: 'heading', depth: 3 }, { type: 'blockquote' }],
      },
      { kind: 'section', blocks: [{ kind: 'markdown', tokens: [{ type: 'paragraph' }] }] },
      { kind: 'markdown', tokens: [{ type: 'heading', depth: 1 }, { type: 'paragraph' }] },
    ])
  })

  test('a first heading that repeats the title is shown once, one that says more stays', () => {
    expect(parsed('---\ntitle: T\n---\n# T\n\ntext').issue.blocks).toMatchObject([
      { tokens: [{ type: 'paragraph' }] },
    ])
    expect(parsed('---\ntitle: T\n---\n# [T](https://a.example)\n').issue.blocks).toMatchObject([
      { tokens: [{ type: 'heading' }] },
    ])
    expect(parsed('---\ntitle: T\n---\n# T 2\n').issue.blocks).toMatchObject([
      { tokens: [{ type: 'heading' }] },
    ])
  })

  test('a lone quote is an empty section’s tagline only in an issue that has items, and with no name under it', () => {
    const lone = '## Quote of the week\n> Measure twice.\n'
    const item = '## A\n### B\n> https://a.example\n'
    expect(sections(lone)[0]).toMatchObject({
      tagline: null,
      blocks: [{ tokens: [{ type: 'blockquote' }] }],
    })
    expect(sections(`${lone}${item}`)[0]).toMatchObject({ tagline: [{}], blocks: [] })
    expect(sections(`## Q\n> Measure twice.\n> — A joiner\n${item}`)[0]?.blocks).toHaveLength(1)
  })

  test('every token carries its line', () => {
    const { issue } = parsed('---\ntitle: T\n---\n\na\nb [x](rel)\n\n- one\n- two\n\n  ![](rel2)\n')
    expect(issue.blocks).toMatchObject([
      { line: 5, tokens: [{ line: 5 }, { line: 8, items: [{ line: 8 }, { line: 9 }] }] },
    ])
    expect(
      parsed('a\nb [x](rel)\n\n- one\n- two\n\n  ![](rel2)\n').findings.filter(
        (each) => each.severity === 'error',
      ),
    ).toMatchObject([{ line: 2 }, { line: 7 }])
  })
})

describe('the issues that we ship', () => {
  const read = (file: string) =>
    readFileSync(new URL(`../../issues/${file}`, import.meta.url), 'utf8')

  test('the Chinese weekly is sections and items, with one section empty', () => {
    const source = read('qingdeng-weekly-001.md')
    const { issue, findings } = parsed(source, { file: 'qingdeng-weekly-001.md' })
    expect(findings).toEqual([])
    expect(issue.meta).toMatchObject({
      title: '青灯周刊 第 1 期',
      date: '2026-08-02',
      language: 'zh-CN',
      slug: 'qingdeng-weekly-001',
    })
    expect(items(source)).toHaveLength(8)
    expect(sections(source).filter((section) => section.blocks.length === 0)).toMatchObject([
      { plainTitle: '工具' },
    ])
    expect(issue.merges).toMatchObject([
      { source: '{{ subscriber.first_name | default: "朋友" }}', line: 8 },
    ])
    expect(hrefs(issue)).toHaveLength(11)
  })

  test('the English one is ordinary Markdown, whole', () => {
    const { issue, findings } = parsed(read('field-notes-007.md'), { file: 'field-notes-007.md' })
    expect(findings).toEqual([])
    expect(issue.meta).toMatchObject({
      date: '2026-08-06',
      language: 'en',
      topics: ['instruments', 'workshop'],
    })
    expect(hrefs(issue)).toEqual([
      'mailto:notes@fieldnotes.example',
      'https://tides.example/sandwick/two-gauges',
      'https://fieldnotes.example/method/batteries',
      'https://horology.example/no-hands',
      'https://canals.example/lock-diary',
      'https://workshop.example/oil-or-not',
      'https://night.example/map',
    ])
  })
})
