import { describe, expect, it } from 'vitest'
import { blankIssue } from '../../src/cli/new/blank.ts'
import { type Earlier, nextIssue } from '../../src/cli/new/next-issue.ts'
import { findNumber, findNumberInName, inChinese, withNumber } from '../../src/cli/new/number.ts'
import { dateWrittenAs, dayIn, nextDate } from '../../src/cli/new/rhythm.ts'
import { seriesFor, type Wanted } from '../../src/cli/new/series.ts'
import { checkIssue } from '../../src/issues/check.ts'
import { parsed } from '../support/issue-text.ts'

describe('the number', () => {
  it.each([
    ['青灯周刊 第 1 期', '青灯周刊 第 2 期'],
    ['周刊（第12期）：山', '周刊（第13期）：山'],
    ['第九期', '第十期'],
    ['第十二期', '第十三期'],
    ['第九十九期', '第一百期'],
    ['第一百零九期', '第一百一十期'],
    ['第二〇期', '第二一期'],
    ['第０９期', '第１０期'],
    ['學習週報 第 84 期 2022 年', '學習週報 第 85 期 2022 年'],
    ['제 7 호 소식', '제 8 호 소식'],
    ['Newsletter #120', 'Newsletter #121'],
    ['Issue 9 of 2026', 'Issue 10 of 2026'],
    ['Выпуск 3', 'Выпуск 4'],
    ['The Quarry No. 099', 'The Quarry No. 100'],
    ['Field Notes 7', 'Field Notes 8'],
  ])('of "%s" is counted on: "%s"', (text, next) => {
    const found = findNumber(text)
    expect(found && withNumber(text, found, found.number + 1)).toBe(next)
  })

  it.each(['The quiet parts', 'What we read in 2026, and why', 'Catch 22 and other stories', ''])(
    'is not seen in "%s"',
    (text) => expect(findNumber(text)).toBeNull(),
  )

  it('that stands in the middle is believed where the file is called so', () => {
    expect(findNumber('Field Notes 7: The 3 quiet parts', 7)?.number).toBe(7)
    expect(findNumberInName('field-notes-007')?.number).toBe(7)
    expect(findNumberInName('2026-08-06-notes')).toBeNull()
    expect(findNumberInName('189-2022.01.17')?.number).toBe(189)
  })

  it('is written in Chinese as one counts', () => {
    const written = [1, 10, 11, 20, 100, 105, 110, 111, 1000, 1001, 1010, 2026].map(inChinese)
    expect(written.join(' ')).toBe(
      '一 十 十一 二十 一百 一百零五 一百一十 一百一十一 一千 一千零一 一千零一十 二千零二十六',
    )
  })
})

describe('the date', () => {
  it.each([
    ['a week on, where there is but one', ['2026-11-20'], '2026-11-24', '2026-11-27'],
    ['on the same weekday', ['2026-11-06', '2026-11-13', '2026-11-20'], '2026-11-24', '2026-11-27'],
    ['every two weeks', ['2026-10-23', '2026-11-06', '2026-11-20'], '2026-11-24', '2026-12-04'],
    ['every day', ['2026-11-22', '2026-11-23', '2026-11-24'], '2026-11-24', '2026-11-25'],
    ['on its weekday after a pause', ['2026-08-30', '2026-09-06'], '2026-11-24', '2026-11-29'],
    [
      'on its day of the month',
      ['2026-09-15', '2026-10-15', '2026-11-15'],
      '2026-11-24',
      '2026-12-15',
    ],
    ['on the last of a short month', ['2026-12-31', '2027-01-31'], '2027-02-01', '2027-02-28'],
    ['every four weeks', ['2026-09-03', '2026-10-01', '2026-10-29'], '2026-11-01', '2026-11-26'],
    [
      'although one came late',
      ['2026-10-30', '2026-11-06', '2026-11-15', '2026-11-20'],
      '2026-11-24',
      '2026-11-27',
    ],
    ['today, where nothing is known', [], '2026-11-24', '2026-11-24'],
  ])('is %s', (_, dates, today, next) => expect(nextDate(dates, today)).toBe(next))

  it('is the day where the newsletter is', () => {
    const now = new Date('2026-11-24T20:00:00Z')
    expect([dayIn('Asia/Shanghai', now), dayIn('America/New_York', now)]).toEqual([
      '2026-11-25',
      '2026-11-24',
    ])
  })

  it.each([
    ['2026-8-2', '2026-8-9'],
    ['2026-08-02', '2026-08-09'],
    ['2026/08/02', '2026/08/09'],
    ['2026年8月2日', '2026年8月9日'],
    ['2026-08-02 09:00', '2026-08-09'],
    ['soon', '2026-08-09'],
  ])('is written as the last one: %s', (model, written) => {
    expect(dateWrittenAs(model, '2026-08-09')).toBe(written)
  })
})

const FIELD = { newsletter: null, language: 'en', markdown: '', date: null }
const FOLDER = [
  { ...FIELD, name: 'field-notes-007', title: 'Field Notes 7: The quiet parts' },
  { ...FIELD, name: 'qingdeng-001', title: '青灯周刊 第 1 期', language: 'zh-CN' },
  { ...FIELD, name: 'field-notes-008', title: 'Field Notes 8' },
  { ...FIELD, name: 'harbour', title: 'Harbour', newsletter: 'letters' },
  { ...FIELD, name: 'pyeonji-005', title: '등불 편지 5호', language: 'ko' },
]
const NOTES = ['field-notes-007', 'field-notes-008']

describe('in a folder of several newsletters, the next issue comes after', () => {
  const begun = (wanted: Partial<Wanted>, all = FOLDER) =>
    seriesFor(all, { name: null, title: undefined, newsletter: undefined, ...wanted }).map(
      ({ name }) => name,
    )

  it.each<[Partial<Wanted>, string[]]>([
    [{ name: 'my-weekly-001', title: 'My Weekly 1' }, []],
    [{ name: 'my-weekly-001', newsletter: 'my-weekly' }, []],
    [{ title: 'My Weekly 1' }, []],
    [{ name: 'field-notes-9' }, NOTES],
    [{ title: 'Field Notes 9: Tides' }, NOTES],
    [{ newsletter: 'field-notes' }, NOTES],
    [{ newsletter: 'letters', name: 'lighthouse' }, ['harbour']],
    [{}, ['pyeonji-005']],
    [{ title: 'Tides' }, ['pyeonji-005']],
  ])('its own alone: %j', (wanted, names) => expect(begun(wanted)).toEqual(names))

  it('the only one there is, whatever it is called', () => {
    const only = FOLDER.filter(({ name }) => NOTES.includes(name))
    expect(begun({ name: 'tides' }, only)).toEqual(NOTES)
    expect(begun({ newsletter: 'weekly' }, only)).toEqual(NOTES)
    expect(begun({ name: 'weekly-001', newsletter: 'weekly' }, only)).toEqual([])
  })
})

it.each(['en', 'zh-CN', 'zh-TW', 'ja', 'ko', 'de-AT', 'fr', 'es', 'ru', 'fa'])(
  'an issue from nothing is written in its language, and passes its check: %s',
  (language) => {
    const { issue, findings } = parsed(blankIssue({ title: 'T', date: '2026-11-24', language }))
    expect([...findings, ...checkIssue(issue, { file: 'one.md' })]).toEqual([])
    expect(issue.blocks).toMatchObject([{ kind: 'section', blocks: [{ kind: 'item' }] }])
  },
)

const WEEKLY = (number: string, date: string, item: string) => `---
# What the site reads.
title: 青灯周刊 第 ${number} 期：${item}
category: 阅读
outline: [2, 3]

date: ${date}
preheader: ${item}和别的
---

你好。

## 本周观察
> 正在发生的变化

### ${item}
> https://reading.example/${item}

这是${item}。

## 工具

> 用得顺手的软件

> https://only.example/link

## 只此一次

${item}的一段话。

---

下周见。
`

const issue = (name: string, markdown: string, date: string | null): Earlier => ({
  name,
  markdown,
  date,
})

describe('the next issue', () => {
  const two: [Earlier, Earlier] = [
    issue('weekly-011', WEEKLY('十一', '2026-11-8', '图书馆'), '2026-11-08'),
    issue(
      'weekly-012',
      WEEKLY('十二', '2026-11-15', '纸的触感').replace('只此一次', '仅此一回'),
      '2026-11-15',
    ),
  ]

  it('has the number, the date, the keys, the sections with their taglines, and what always stands there', () => {
    const next = nextIssue(two, { today: '2026-11-18' })
    expect(next).toMatchObject({ name: 'weekly-013', number: 13, date: '2026-11-22' })
    expect(next.sections).toEqual(['本周观察', '工具'])
    expect(next.markdown).toBe(`---
# What the site reads.
title: 青灯周刊 第 十三 期
category: 阅读
outline: [2, 3]

date: 2026-11-22
preheader: ""
---

你好。

## 本周观察
> 正在发生的变化

## 工具
> 用得顺手的软件

---

下周见。
`)
  })

  it('keeps CRLF where the last one has it', () => {
    const crlf = two.map((each) => ({ ...each, markdown: each.markdown.replaceAll('\n', '\r\n') }))
    const { markdown } = nextIssue(crlf as typeof two, { today: '2026-11-18' })
    expect(markdown.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(markdown).toContain('date: 2026-11-22\r\n')
  })

  it('begins from a single one with all its sections, and none of its words', () => {
    const one =
      '# Notes 7\n\nHello.\n\n## One\n\n```\n## No heading\n```\n\nText.\n\n## Two\n\nMore.\n'
    const next = nextIssue([issue('notes-07', one, null)], { today: '2026-11-24' })
    expect(next.name).toBe('notes-08')
    expect(next.markdown).toBe('# Notes 8\n\n## One\n\n## Two\n')
  })

  it('takes the title and the date that were given', () => {
    const next = nextIssue(two, { today: '2026-11-18', title: 'Extra: "now"', date: '2026-11-19' })
    expect(next.markdown).toContain(`title: 'Extra: "now"'\n`)
    expect(next.markdown).toContain('date: 2026-11-19\n')
  })

  it('leaves no subject of the last one, unless it is the number', () => {
    const with_ = (subject: string) =>
      nextIssue(
        [
          issue(
            'n-7',
            `---\ntitle: N 7\nsubject: ${subject}\nissue: 7\nslug: n-7\n---\n\nHi.\n`,
            null,
          ),
        ],
        {
          today: '2026-11-24',
        },
      ).markdown
    expect(with_('"{{ subscriber.name }}, this is N 7"')).toContain(
      'subject: "{{ subscriber.name }}, this is N 8"',
    )
    expect(with_('A quiet week')).toContain('subject: ""')
    expect(with_('x')).toContain('issue: 8\nslug: n-8\n')
  })

  it('names the file by the new date where files are called so, and by its week where titles are', () => {
    const dated = nextIssue(
      [issue('2026-11-15-update', '---\ndate: 2026-11-15\n---\n\nHi.\n', '2026-11-15')],
      {
        today: '2026-11-18',
      },
    )
    expect(dated.name).toBe('2026-11-22-update')
    const week = nextIssue(
      [
        issue(
          'x',
          '---\ntitle: 总第84期-2022年第49周\ndate: 2022-12-04\n---\n\nHi.\n',
          '2022-12-04',
        ),
      ],
      { today: '2022-12-05' },
    )
    expect(week.markdown).toContain('title: 总第85期-2022年第49周\n')
    const later = nextIssue(
      [
        issue(
          'x',
          '---\ntitle: 总第88期-2022年第52周\ndate: 2022-12-28\n---\n\nHi.\n',
          '2022-12-28',
        ),
      ],
      { today: '2022-12-30' },
    )
    expect(later.markdown).toContain('title: 总第89期-2023年第01周\n')
  })
})
