import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { buildMime } from '../../src/mail/mime.ts'
import type { Design } from '../../src/messages/design.ts'
import { issueHeaders } from '../../src/messages/issue-headers.ts'
import { renderSystemMail, type SystemMail } from '../../src/messages/system.tsx'
import { columnsOf } from '../../src/messages/text-layout.ts'

const DESIGN: Design = {
  newsletterName: '石场周刊',
  language: 'zh-CN',
  timeZone: 'Asia/Shanghai',
  brandColor: '#b4532a',
  postalAddress: '石场周刊编辑部\n示例市示例路 1 号',
}
const CONFIRM_URL = `https://news.example/confirm/${'a'.repeat(80)}`
const UNSUBSCRIBE_URL = 'https://news.example/u/token'

const about = (language: string) => ({ newsletterName: '石场周刊', language })
const confirm = (language: string): SystemMail => ({
  kind: 'confirm',
  ...about(language),
  address: 'reader@mail.example',
  confirmUrl: CONFIRM_URL,
  expiresInDays: 14,
})

describe('a system mail', () => {
  test('speaks the reader’s language, English where it has no words', async () => {
    expect((await renderSystemMail(confirm('zh-CN'), DESIGN)).subject).toBe(
      '请确认订阅《石场周刊》',
    )
    expect((await renderSystemMail(confirm('en'), DESIGN)).subject).toBe(
      'Confirm your subscription to 石场周刊',
    )
    expect((await renderSystemMail(confirm('fi'), DESIGN)).subject).toMatch(/^Confirm/)
    expect((await renderSystemMail(confirm('zh-CN'), DESIGN)).html).toContain(
      '<html dir="ltr" lang="zh-CN">',
    )
  })

  test('that asks for a confirmation has one button, and its address as text in both parts', async () => {
    const { html, text } = await renderSystemMail(confirm('en'), DESIGN)
    const links = [...html.matchAll(/<a [^>]*href="([^"]*)"/g)].map((match) => match[1])
    expect(new Set(links)).toEqual(new Set([CONFIRM_URL]))
    expect(html.match(/class="button"/g)).toHaveLength(1)
    expect(html).toContain(`>${CONFIRM_URL}</a>`)
    expect(text).toContain(`\n${CONFIRM_URL}\n`)
    expect(text).toContain('reader@mail.example')
    expect(text).toContain('14 days')
  })

  test('of welcome shows the way out in both parts', async () => {
    const mail: SystemMail = {
      kind: 'welcome',
      ...about('en'),
      address: 'reader@mail.example',
      unsubscribeUrl: UNSUBSCRIBE_URL,
    }
    const { html, text } = await renderSystemMail(mail, DESIGN)
    expect(html).toMatch(new RegExp(`href="${UNSUBSCRIBE_URL}"[^>]*>Unsubscribe</a>`))
    expect(text).toContain(`Unsubscribe:\n${UNSUBSCRIBE_URL}\n`)
  })

  test('says what it is told to tell, in 72 columns, and shows the postal address', async () => {
    const lines = [
      'The relay refused the login. '.repeat(8).trim(),
      '201 chosen = 120 accepted + 81 queued.',
    ]
    const mail: SystemMail = { kind: 'notice', ...about('en'), subject: 'Paused', lines }
    const { subject, html, text } = await renderSystemMail(mail, DESIGN)
    expect(subject).toBe('Paused')
    for (const line of lines) {
      expect(html).toContain(line)
      expect(text.replace(/\n/g, ' ')).toContain(line)
    }
    expect(text).toContain('示例市示例路 1 号')
    for (const line of text.split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(72)
  })

  test('shows a name with markup in it as text', async () => {
    const name = '<b>Quarry</b> & "Co"'
    const { html } = await renderSystemMail(
      { kind: 'test', newsletterName: name, language: 'en' },
      DESIGN,
    )
    expect(html).not.toContain('<b>')
    expect(html).toContain('&lt;b&gt;Quarry&lt;/b&gt; &amp; &quot;Co&quot;')
  })
})

describe('an issue’s headers', () => {
  const INPUT = {
    from: { name: '石场周刊', address: 'editor@quarry.example' },
    replyTo: 'letters@quarry.example',
    to: 'reader@mail.example',
    subject: '给灯塔写信',
    date: new Date('2023-08-06T08:00:00Z'),
    messageId: '<m-abc@quarry.example>',
    listId: { name: '石场周刊', id: 'quarry.quarry.example' },
    unsubscribeUrl: UNSUBSCRIBE_URL,
    unsubscribeMailto: 'mailto:u-abc@bounce.example?subject=unsubscribe',
    feedbackId: '7:quarry:12:POSTRIDER',
  }

  test('are what mailbox providers ask of bulk mail', async () => {
    const bytes = buildMime(issueHeaders(INPUT), { text: 'a\n', html: '<p>a' })
    const mail = await simpleParser(bytes)
    expect(mail.from?.text).toBe('"石场周刊" <editor@quarry.example>')
    expect(mail.replyTo?.text).toBe('letters@quarry.example')
    expect(mail.date).toEqual(INPUT.date)
    expect(mail.messageId).toBe('<m-abc@quarry.example>')
    const raw = bytes.toString('latin1')
    expect(raw).toMatch(
      /^List-Unsubscribe: <https:\/\/news\.example\/u\/token>,\r\n <mailto:u-abc@bounce\.example\?subject=unsubscribe>\r$/m,
    )
    expect(raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m)
    expect(raw).toMatch(/^List-Id: =\?utf-8\?B\?[^?]+\?= <quarry\.quarry\.example>\r$/m)
    expect(raw).toMatch(/^Feedback-ID: 7:quarry:12:POSTRIDER\r$/m)
    expect(raw).toMatch(/^Precedence: bulk\r$/m)
    expect(raw).toMatch(/^X-Auto-Response-Suppress: OOF, AutoReply\r$/m)
    expect(raw).toMatch(/^Date: Sun, 06 Aug 2023 08:00:00 \+0000\r$/m)
    expect(raw.match(/^MIME-Version: 1\.0\r$/gm)).toHaveLength(1)
    expect(raw).not.toContain('Auto-Submitted')
  })

  test('name each once, whatever the front matter holds', () => {
    const names = issueHeaders({
      ...INPUT,
      subject: 'x\r\nBcc: a@b.example',
      listId: { name: 'x\r\nBcc: c', id: 'a.b.example' },
    }).map(([name]) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
