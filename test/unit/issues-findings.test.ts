import { describe, expect, test } from 'vitest'
import { checkContrast } from '../../src/issues/check/contrast.ts'
import { checkSender } from '../../src/issues/check/sender.ts'
import { checkSizes } from '../../src/issues/check/sizes.ts'
import { type CheckOptions, checkIssue } from '../../src/issues/check.ts'
import { parsed } from '../support/issue-text.ts'

const file = 'weekly-001.md'

/** What is said of an issue, with lines; the front matter has the fields that are given. */
function said(fields: string, body = 'text', options: Partial<CheckOptions> = {}) {
  const { issue, findings } = parsed(`---\ndate: 2026-8-2\n${fields}\n---\n${body}`)
  return [...findings, ...checkIssue(issue, { file, ...options })].map(({ line, what }) => [
    line,
    what,
  ])
}

describe('the subject', () => {
  test.each([
    ['title: Re：第十二期', 'the subject begins with "Re：", and this is no answer'],
    ['title: "Fwd: Field Notes"', 'the subject begins with "Fwd:", and this is no answer'],
    ['title: "AW: Werkbank"', 'the subject begins with "AW:", and this is no answer'],
    ['title: "转发：周刊"', 'the subject begins with "转发：", and this is no answer'],
    [
      'title: Your account is on hold',
      'the subject sounds like a notice from a service: "Your account"',
    ],
    ['title: THE WEEKLY', 'the subject is all capitals'],
    ['tittle: T\ntitle: T', '"tittle" is no field that is read'],
    ['baseURL: https://a.example/\ntitle: T', '"baseURL" is no field that is read'],
    ['subjcet: T\ntitle: T', '"subjcet" is no field that is read'],
    ['title: 科技周刊：AR 眼镜', 'the only Latin letters of the subject are capitals'],
  ])('%s', (title, what) => {
    expect(said(title)).toEqual([[3, what]])
  })

  test.each([
    'title: Reading list',
    'title: Forward thinking',
    'title: 科技周刊：AR 与 Vision',
    'title: A',
    'title: NASA',
    'title: T\ndata: x\ntopic: y\nsubtitle: z',
  ])('nothing of %s', (title) => {
    expect(said(title)).toEqual([])
  })
})

describe('the preheader', () => {
  test('is measured in columns, and must say more than the subject', () => {
    expect(said(`title: T\npreheader: ${'字'.repeat(56)}`)).toEqual([
      [4, 'the preheader is 112 columns wide'],
    ])
    expect(said('title: Field notes\npreheader: Field notes')).toEqual([
      [4, 'the preheader says what the subject says'],
    ])
  })
})

describe('the sender', () => {
  const sender = (name: string) =>
    checkSender({ name, address: 'news@weekly.example' }, { file }).map((each) => each.what)

  test.each([
    ['Weekly ✓', 'emoji'],
    ['Weekly 📮', 'emoji'],
    ['help@bank.example', 'shows an address at bank.example'],
    ['Re: Weekly', 'begins like an answer'],
    ['123', 'no letters'],
  ])('%s', (name, part) => {
    expect(sender(name)).toEqual([expect.stringContaining(part)])
  })

  test('with a plain name is right, in any script', () => {
    for (const name of [
      'Mine Weekly',
      '青灯周刊',
      'Маяк',
      'نامهٔ چراغ',
      'Weekly (news@weekly.example)',
    ])
      expect(sender(name)).toEqual([])
  })
})

describe('the language', () => {
  const german =
    'Das ist die erste Ausgabe und sie ist nicht lang, aber die Leser werden sie mögen und mit uns lesen.'

  test.each([
    ['language: en', german, 'the language is en, and the text reads like de'],
    [
      'language: en',
      'این نامه برای شما نوشته شده است و هر هفته می‌آید.',
      'the language is en, and the text reads like fa',
    ],
    [
      'language: zh-TW',
      '这个周刊为我们说来时会对过还后开关。',
      'the language is zh-TW, and the characters are those of zh-CN',
    ],
  ])('%s', (language, body, what) => {
    expect(said(`title: T\n${language}`, body)).toEqual([[4, what]])
  })

  test('that fits is left alone', () => {
    expect(said('title: T\nlanguage: de-AT', german)).toEqual([])
    expect(said('title: T', german)).toEqual([])
  })
})

describe('merge expressions', () => {
  test('without a default, or of an attribute that nobody has', () => {
    expect(said('title: T', 'Hi {{ subscriber.name }}')).toEqual([
      [5, '{{ subscriber.name }} has no default'],
    ])
    const attributes = new Set(['first_name', '城市'])
    const body =
      '{{ subscriber["城市"] | default: "x" }}\n{{ subscriber.firstname | default: "y" }}'
    expect(said('title: T', body, { attributes })).toEqual([
      [6, 'no reader has an attribute "firstname"'],
    ])
  })
})

describe('images, headings, text', () => {
  test.each([
    ['![image](https://a.example/i.png)', 5, 'the alt text of an image says nothing: "image"'],
    ['![图片](https://a.example/i.png)', 5, 'the alt text of an image says nothing: "图片"'],
    ['![](https://a.example/i.png)', 5, 'image without alt text: https://a.example/i.png'],
    [
      '![IMG_1.png](https://a.example/i.png)',
      5,
      'the alt text of an image says nothing: "IMG_1.png"',
    ],
    [
      '![A map](https://a.example/i.svg)',
      5,
      'an image that not every reader sees: https://a.example/i.svg',
    ],
    [
      '<p>\n<img src="https://a.example/i.png"></p>',
      6,
      'image without alt text: https://a.example/i.png',
    ],
    ['## READ ALL OF THIS\n\nx', 5, 'a heading in capitals: "READ ALL OF THIS"'],
    ['a\n[text][nowhere]', 6, 'a link whose address is written nowhere: [text][nowhere]'],
    ['a [text] (https://a.example)', 5, 'a link with a space between its brackets is none'],
    ['a\n\nb[^1]', 7, 'a footnote that is written nowhere: [^1]'],
    ['[^1]: note\n\ntext', 5, 'nothing refers to the footnote [^1]'],
    ['a ** b **c d', 5, 'stars that mark nothing: **'],
    ['<div>\n**b** x\n</div>', 6, 'Markdown in a block of HTML is shown as it is: **b**'],
    [
      '[x](http://localhost:3000/a)',
      5,
      'a link that only works on your own network: http://localhost:3000/a',
    ],
    ['<details><summary>s</summary>t</details>', 5, '<details> does not fold everywhere'],
    ['|a|b|c|d|e|f|\n|-|-|-|-|-|-|\n|1|2|3|4|5|6|', 5, 'a table of more than five columns'],
    ['<script>\nx\n\nlost', 5, '<script> is not closed'],
  ])('%j', (body, line, what) => {
    expect(said('title: T', body)).toContainEqual([line, what])
  })
})

test('a date of half a year ago is told, where today is known', () => {
  const now = new Date('2026-08-01T00:00:00Z')
  expect(said('title: T', 'text', { now })).toEqual([])
  expect(said('title: T', 'text', { now: new Date('2027-08-01T00:00:00Z') })).toEqual([
    [2, 'the date 2026-08-02 is 364 days ago'],
  ])
})

test('the size is judged by where Gmail cuts', () => {
  const sizes = (htmlBytes: number) => checkSizes({ htmlBytes }, { file }).map((each) => each.what)
  expect(sizes(90 * 1024)).toEqual([])
  expect(sizes(100 * 1024)).toEqual([
    'the HTML part has 100 KB, nearly the 102 KB at which Gmail cuts',
  ])
  expect(sizes(120 * 1024)).toEqual(['the HTML part has 120 KB'])
})

test('colours that cannot be told apart are told, by WCAG’s measure', () => {
  const pairs = [
    { name: 'text', text: '#767676', ground: '#ffffff' },
    { name: 'quiet', text: '#777777', ground: '#ffffff' },
    { name: 'title', text: '#777777', ground: '#ffffff', isLarge: true },
  ]
  expect(checkContrast(pairs, { file }).map((each) => each.what)).toEqual([
    'too little contrast, 4.5 : 1, of quiet: #777777 on #ffffff',
  ])
})
