import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import type { Issue } from '../../src/issues/issue.ts'
import { compileIssue, unsubscribeFindings } from '../../src/messages/compile.tsx'
import type { CompiledMessage } from '../../src/messages/compiled.ts'
import type { Design } from '../../src/messages/design.ts'
import { createFiller, type Recipient } from '../../src/messages/fill.ts'

const DESIGN: Design = {
  newsletterName: 'The Quarry',
  language: 'en',
  timeZone: 'Europe/Berlin',
  brandColor: '#b4532a',
  postalAddress: 'The Quarry\n1 Example Street',
}

const READER: Recipient = {
  address: 'reader@mail.example',
  attributes: { first_name: 'Ada', city: 'Köln' },
  unsubscribeUrl: 'https://news.example/u/token?a=1&b=2',
  webUrl: 'https://news.example/quarry/12',
  newsletterName: 'The Quarry',
  issueTitle: 'Number 12',
}

/** As src/issues hands it over: each `{{ … }}` swapped for a placeholder before Markdown ran. */
function issueWith(body: string, meta: Partial<Issue['meta']> = {}): Issue {
  const merges: Issue['merges'] = []
  const swap = (text: string): string =>
    text.replace(/\{\{.*?\}\}/g, (source) => {
      const placeholder = `zqtest${String(merges.length).padStart(12, '0')}`
      merges.push({ placeholder, source, line: 7 })
      return placeholder
    })
  const tokens = marked.lexer(swap(body))
  return {
    meta: {
      title: 'Number 12',
      date: '2023-08-06',
      preheader: null,
      slug: 'number-12',
      language: 'en',
      newsletter: null,
      baseUrl: null,
      topics: [],
      extra: {},
      ...meta,
      subject: swap(meta.subject ?? 'Number 12'),
    },
    blocks: [{ kind: 'markdown', tokens, line: 5 }],
    merges,
  }
}

async function compiled(issue: Issue): Promise<CompiledMessage> {
  const result = await compileIssue(issue, DESIGN)
  if (!result.ok) throw new Error(JSON.stringify(result.findings))
  return result.message
}

const BODY = `Dear {{ subscriber.first_name | default: "reader" }},

[your page](https://shop.example/for/{{ subscriber.first_name }}/?city={{ subscriber.city }}&x=1)

![a map of {{ subscriber.city }}](https://img.example/map.png?q={{ subscriber.city }})
`

describe('a value', () => {
  test('is put where its expression stood, escaped for its place', async () => {
    const fill = createFiller(
      await compiled(issueWith(BODY, { subject: 'For {{ subscriber.first_name | upcase }}' })),
    )
    const mail = fill({ ...READER, attributes: { first_name: 'A & <B>/"é', city: 'a&b=c#d e/f' } })
    expect(mail.subject).toBe('For A & <B>/"É')
    expect(mail.html).toContain('Dear A &amp; &lt;B&gt;/&quot;é,')
    expect(mail.html).toContain(
      'href="https://shop.example/for/A%20%26%20%3CB%3E%2F%22%C3%A9/?city=a%26b%3Dc%23d%20e%2Ff&amp;x=1"',
    )
    expect(mail.html).toContain('alt="a map of a&amp;b=c#d e/f"')
    expect(mail.text).toContain('Dear A & <B>/"é,')
    expect(mail.text).toContain(
      'https://shop.example/for/A%20%26%20%3CB%3E%2F%22%C3%A9/?city=a%26b%3Dc%23d%20e%2Ff&x=1',
    )
  })

  test('that is missing, empty or no text gives way to the default', async () => {
    const fill = createFiller(await compiled(issueWith(BODY)))
    for (const first_name of [undefined, null, '', ['x'], { toString: 'x' }]) {
      const mail = fill({ ...READER, attributes: { first_name } })
      expect(mail.text).toContain('Dear reader,')
      expect(mail.html).toContain('Dear reader,')
    }
  })

  const HOSTILE: [name: string, value: string][] = [
    ['line breaks', 'x\r\nBcc: victim@mail.example\r\n\r\nbody'],
    ['quotes', `"'\`><img src=x onerror=alert(1)>`],
    ['emoji', '👩‍👩‍👧‍👦🏳️‍🌈'],
    ['a right-to-left override', '\u202egnp.exe\u2066'],
    ['500 characters', '名'.repeat(500)],
    ['an expression', '{{ subscriber.email }}{% raw %}{{ x }}'],
    ['a script', '</p></td></table><script>alert(1)</script>'],
    ['half a character', '\ud83d'],
    ['a climb', '..'],
    ['a replacement pattern', "$& $1 $' $`"],
    ['NUL', 'a\u0000b'],
  ]

  test.each(HOSTILE)('changes nothing outside its hole: %s', async (_name, value) => {
    const message = await compiled(issueWith(BODY, { subject: 'For {{ subscriber.first_name }}!' }))
    const mail = createFiller(message)({
      ...READER,
      attributes: { first_name: value, city: value },
    })
    for (const part of ['subject', 'html', 'text'] as const) {
      expect(around(message[part], mail[part])).toBe(true)
    }
    expect(mail.subject).not.toMatch(/[\r\n]/)
    expect(mail.html).not.toMatch(/<script|<img src=x/)
    expect(mail.html + mail.text).not.toMatch(/[\u202e\u2066]/)
    expect(mail.text.split('\n').length).toBe(createFiller(message)(READER).text.split('\n').length)
    // Never evaluated again: what looks like an expression stays what the reader wrote.
    if (value.startsWith('{{')) expect(mail.text).toContain(`Dear ${value},`)
  })

  /** Whether the fixed pieces are all there, in order, with nothing before the first or after the last. */
  function around(pieces: CompiledMessage['html'], filled: string): boolean {
    const pattern = pieces
      .map((piece) =>
        typeof piece === 'string' ? piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : '[^\\r\\n<>"]*',
      )
      .join('')
    const inText = pattern.replaceAll('[^\\r\\n<>"]*', '[^\\r\\n]*')
    return new RegExp(`^${filled.includes('<!DOCTYPE') ? pattern : inText}$`).test(filled)
  }

  test('in an address cannot climb out of its folder', async () => {
    const message = await compiled(
      issueWith('[x](https://shop.example/a/{{ subscriber.first_name }}/b)'),
    )
    const mail = createFiller(message)({ ...READER, attributes: { first_name: '..' } })
    expect(mail.html).toContain('href="https://shop.example/a//b"')
  })

  test('comes from the reader whose mail it is, and the address cannot be overwritten', async () => {
    const fill = createFiller(
      await compiled(issueWith('To {{ subscriber.email }}, {{ newsletter.name }}')),
    )
    const mail = fill({ ...READER, attributes: { email: 'other@mail.example' } })
    expect(mail.text).toContain('To reader@mail.example, The Quarry')
    expect(fill({ ...READER, address: 'b@mail.example' }).text).toContain('To b@mail.example')
  })

  test('is a property that was given, never one that every object has', async () => {
    const fill = createFiller(
      await compiled(issueWith('[{{ subscriber.constructor }}][{{ subscriber.__proto__ }}]')),
    )
    expect(fill(READER).text).toContain('[][]')
  })
})

describe('our own holes', () => {
  test('hold the unsubscribe link, the web version and the address in both parts', async () => {
    const mail = createFiller(await compiled(issueWith('Hello.')))(READER)
    expect(mail.html).toContain('href="https://news.example/u/token?a=1&amp;b=2"')
    expect(mail.html).toContain('href="https://news.example/quarry/12"')
    expect(mail.html).toContain('subscribed to it with reader@mail.example.')
    expect(mail.text).toContain('\nhttps://news.example/u/token?a=1&b=2\n')
    expect(mail.text).toContain('\nhttps://news.example/quarry/12\n')
    expect(mail.text).toMatch(/with\sreader@mail\.example\./)
  })

  test('survive being stored as JSON', async () => {
    const message = await compiled(issueWith(BODY))
    const stored = JSON.parse(JSON.stringify(message)) as CompiledMessage
    expect(createFiller(stored)(READER)).toEqual(createFiller(message)(READER))
  })

  test('are asked for: a part without an unsubscribe hole is refused', () => {
    const hole = { hole: 'unsubscribe-url', place: 'plain' } as const
    expect(unsubscribeFindings({ html: ['a', hole], text: [hole] }, 'x.md')).toEqual([])
    expect(unsubscribeFindings({ html: ['a'], text: [hole] }, 'x.md')).toMatchObject([
      { severity: 'error', what: 'the HTML part has no unsubscribe link' },
    ])
    expect(unsubscribeFindings({ html: [hole], text: ['a'] }, 'x.md')).toHaveLength(1)
  })
})

describe('a hole is refused with its line', () => {
  test.each([
    ['[x]({{ subscriber.site }})', 'scheme or host'],
    ['[x](https://{{ subscriber.site }}/)', 'scheme or host'],
    ['[x](https://a.example{{ subscriber.site }}/)', 'scheme or host'],
    ['[x](https://{{ subscriber.site }}@a.example/)', 'scheme or host'],
    ['[x]({{ subscriber.scheme }}://a.example/)', 'scheme or host'],
    ['![x](//{{ subscriber.site }}/a.png)', 'scheme or host'],
    ['[x](mailto:{{ subscriber.friend }}?subject=a)', 'mail address'],
    ['<p style="color:{{ subscriber.color }}">x</p>', 'attribute style'],
    ['<p class="{{ subscriber.color }}">x</p>', 'attribute class'],
  ])('%s', async (body, where) => {
    const result = await compileIssue(issueWith(body), DESIGN, { file: '12.md' })
    expect(result.ok).toBe(false)
    if (result.ok) return
    expect(result.findings).toHaveLength(1)
    expect(result.findings[0]).toMatchObject({ severity: 'error', file: '12.md', line: 7 })
    expect(result.findings[0]?.what).toContain(where)
  })

  test('but stands in path, query, fragment and text as it likes', async () => {
    const body =
      '[a](https://a.example/{{ subscriber.a }}) [b](https://a.example?b={{ subscriber.b }}) [c](https://a.example/#{{ subscriber.c }}) [d](mailto:a@b.example?subject={{ subscriber.d }}) `x`{{ subscriber.e }}'
    expect((await compileIssue(issueWith(body), DESIGN)).ok).toBe(true)
  })
})

describe('the web version', () => {
  test('holds nothing of any reader and no way to unsubscribe one', async () => {
    const result = await compileIssue(issueWith(BODY, { title: 'Number 12' }), DESIGN)
    if (!result.ok) throw new Error('refused')
    expect(result.webHtml).toContain('Dear reader,')
    expect(result.webHtml).toContain('href="https://shop.example/for//?city=&amp;x=1"')
    expect(result.webHtml).not.toMatch(/Unsubscribe|subscribed to it|zq[a-z0-9]{8}|Read on the web/)
  })
})
