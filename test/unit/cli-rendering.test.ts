import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import PostalMime from 'postal-mime'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proofIssue } from '../../src/cli/proof.ts'
import type { Rendered } from '../../src/cli/rendering.ts'
import type { Design } from '../../src/messages/design.ts'

const NOW = new Date('2026-11-24T12:00:00Z')

async function rendered(markdown: string, file = 'weekly/one.md'): Promise<Rendered> {
  const proof = await proofIssue(file, markdown, { now: NOW })
  if (proof.rendered === null) throw new Error(JSON.stringify(proof.findings))
  return proof.rendered
}

const HEADERS = [
  ...['from', 'to', 'subject', 'date', 'message-id', 'list-id', 'list-unsubscribe'],
  ...['list-unsubscribe-post', 'feedback-id', 'precedence', 'x-auto-response-suppress'],
  ...['mime-version', 'content-type'],
].sort()

/** What a header may keep of each: one line, nothing that turns the text around. */
const HOSTILE: readonly [name: string, yaml: string, kept: string][] = [
  [
    'line ends',
    '"Hi\\r\\nBcc: victim@a.example\\r\\n\\r\\n<b>body</b>"',
    'Hi Bcc: victim@a.example <b>body</b>',
  ],
  ['a bare CR', '"Hi\\rX-Evil: 1"', 'Hi X-Evil: 1'],
  ['NUL and other controls', '"a\\0b\\x07c\\x1b[31md"', 'a b c [31md'],
  ['line separators', '"a\\u2028b\\u2029c\\x85d"', 'a b c d'],
  ['overrides of direction', '"invoice\\u202efdp.exe \\u2066x\\u2069"', 'invoicefdp.exe x'],
  ['2,000 characters without a space', `"${'x'.repeat(2000)}"`, 'x'.repeat(2000)],
  ['2,000 wide characters', `"${'周'.repeat(2000)}"`, '周'.repeat(2000)],
  ['characters of several parts', `"${'👩‍👩‍👧‍👦🏳️‍🌈é'.repeat(40)}"`, '👩‍👩‍👧‍👦🏳️‍🌈é'.repeat(40)],
  [
    'what looks encoded',
    "'=?utf-8?Q?=0D=0ABcc:_x@a.example?='",
    '=?utf-8?Q?=0D=0ABcc:_x@a.example?=',
  ],
  ['quotes and brackets', `'a "b" <c@d.example>, (e); f: \\g'`, 'a "b" <c@d.example>, (e); f: \\g'],
  ['a group', "'Undisclosed: a@b.example;'", 'Undisclosed: a@b.example;'],
]

describe('front matter with', () => {
  test.each(HOSTILE)('%s is one harmless subject', async (_, yaml, kept) => {
    const { subject, eml } = await rendered(`---\ntitle: T\nsubject: ${yaml}\n---\n\nHello.\n`)
    const bytes = eml()
    const [mail, other] = [await simpleParser(bytes), await PostalMime.parse(bytes)]
    expect(subject.replace(/\s+/g, ' ')).toBe(kept)
    expect(mail.subject).toBe(kept)
    expect(other.subject).toBe(kept)
    expect(namesOf(bytes)).toEqual(HEADERS)
    expect(mail.text).toContain('Hello.')
    expectWellFormed(bytes)
  })

  test.each(HOSTILE)('%s as a title is in the page, and ends no header', async (_, yaml) => {
    const bytes = (await rendered(`---\ntitle: ${yaml}\n---\n\nHello.\n`)).eml()
    expect(namesOf(bytes)).toEqual(HEADERS)
    expectWellFormed(bytes)
  })

  test.each(HOSTILE)(
    '%s as a newsletter’s name is one name, quoted as it must be',
    async (_, yaml, kept) => {
      const name = JSON.parse(
        yaml.startsWith('"')
          ? yaml.replaceAll('\\0', '\\u0000').replace(/\\x(..)/g, '\\u00$1')
          : JSON.stringify(yaml.slice(1, -1)),
      ) as string
      const design = (language: string): Design => ({
        ...{
          newsletterName: name,
          language,
          timeZone: 'UTC',
          brandColor: '#0b6e4f',
          postalAddress: 'x',
        },
      })
      const { rendered: made } = await proofIssue('a/b.md', 'Hello.', {
        now: NOW,
        newsletter: {
          design,
          readership: { sender: { name, address: 'e@a.example' }, attributes: new Set() },
        },
      })
      const bytes = made?.eml() ?? Buffer.alloc(0)
      const mail = await simpleParser(bytes)
      const { from: other } = await PostalMime.parse(bytes)
      // An override leaves a space in a name, and none in a subject.
      const tight = (text: string | undefined) => (text ?? '').replace(/\s+/g, '')
      expect(mail.from?.value).toHaveLength(1)
      for (const from of [mail.from?.value[0], other]) {
        expect(from?.address).toBe('editor@newsletter.example')
        expect(tight(from?.name)).toBe(tight(kept))
      }
      expect(namesOf(bytes)).toEqual(HEADERS)
      expectWellFormed(bytes)
    },
  )
})

function namesOf(bytes: Buffer): string[] {
  const head = bytes.toString('latin1').split('\r\n\r\n', 1)[0] ?? ''
  return [...head.matchAll(/^([A-Za-z0-9-]+):/gm)]
    .map((match) => (match[1] ?? '').toLowerCase())
    .sort()
}

/** RFC 5322 and 2047: CRLF alone, short lines, ASCII, no character split across two words. */
function expectWellFormed(bytes: Buffer): void {
  const wire = bytes.toString('latin1')
  expect(wire).not.toMatch(/[^\r]\n|\r[^\n]/)
  expect(wire).toMatch(/^[\r\n\t\x20-\x7e]*$/)
  expect(Math.max(...wire.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998)
  for (const [word, encoding, content = ''] of wire.matchAll(/=\?utf-8\?([BQ])\?([^?]*)\?=/g)) {
    expect(word.length).toBeLessThanOrEqual(75)
    const octets =
      encoding === 'B'
        ? Buffer.from(content, 'base64')
        : Buffer.from(
            content
              .replaceAll('_', ' ')
              .replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
                String.fromCharCode(Number.parseInt(hex, 16)),
              ),
            'latin1',
          )
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(octets)).not.toThrow()
  }
}

describe("an issue's own picture", () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postrider-rendering-'))
    await mkdir(join(folder, 'img'))
    await sharp({ create: { width: 1800, height: 900, channels: 3, background: '#123456' } })
      .png()
      .toFile(join(folder, 'img', 'wide.png'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('is within the HTML, the web page and the message, with width and height, and needs no server', async () => {
    const { html, web, eml } = await rendered(
      '![A wide sea](img/wide.png)\n',
      join(folder, 'one.md'),
    )
    const mail = await PostalMime.parse(eml())
    for (const page of [html, web, mail.html ?? '']) {
      const tag = /<img[^>]*alt="A wide sea"[^>]*>/.exec(page)?.[0] ?? ''
      const bytes = Buffer.from(
        /src="data:image\/png;base64,([^"]+)"/.exec(tag)?.[1] ?? '',
        'base64',
      )
      expect((await sharp(bytes).metadata()).width).toBe(1280)
      const [width, height] = [/ width="(\d+)"/, / height="(\d+)"/].map((p) =>
        Number(p.exec(tag)?.[1]),
      )
      expect(width).toBeGreaterThan(500)
      expect(width).toBeLessThanOrEqual(640)
      expect(height).toBe(Math.round((width ?? 0) / 2))
    }
  })

  test('counts by its address in what is said of the size', async () => {
    const { sizes, html } = await rendered('![A wide sea](img/wide.png)\n', join(folder, 'one.md'))
    expect(html.length - sizes.htmlBytes).toBeGreaterThan(1_000)
  })

  test('that is missing or broken is an error with its line, and the rest is shown', async () => {
    await writeFile(join(folder, 'img', 'broken.png'), 'no picture')
    const proof = await proofIssue(
      join(folder, 'two.md'),
      '# T\n\nText.\n\n![x](img/none.png)\n\n![y](img/broken.png)\n',
      { now: NOW },
    )
    const errors = proof.findings.filter(({ severity }) => severity === 'error')
    expect(errors.map(({ line, what }) => `${line}: ${what}`)).toEqual([
      '5: there is no image img/none.png',
      '7: the image img/broken.png is no PNG, JPEG, GIF or WebP',
    ])
    expect(proof.rendered?.html).toContain('Text.')
  })
})
