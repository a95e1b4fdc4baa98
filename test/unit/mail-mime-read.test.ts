import { describe, expect, it, test } from 'vitest'
import { addressesIn, decodeHeader, field, readParameters } from '../../src/mail/header-read.ts'
import { htmlToText } from '../../src/mail/html-text.ts'
import { type MimePart, readMime, textOf } from '../../src/mail/mime-read.ts'

const mail = (lines: string) => readMime(Buffer.from(lines))
const types = (part: MimePart): unknown =>
  part.parts.length > 0 ? [part.type, ...part.parts.map(types)] : part.type

const TWO = `Content-Type: multipart/mixed; boundary="cut"

before
--cut
Content-Type: text/plain

one
--cut
Content-Type: text/html

<p>two
--cut--
after
`

describe('a mail in parts', () => {
  it.each([
    ['with LF', TWO],
    ['with CRLF', TWO.replace(/\n/g, '\r\n')],
    ['after blank lines', `\r\n   \r\n${TWO}`],
    ['from a mailbox file', `From ada@far.test Tue Nov 24 08:00:00 2026\n${TWO}`],
    ['without its last boundary', TWO.replace('--cut--\nafter\n', '')],
    ['with a parameter that lost its fold', TWO.replace('mixed; ', 'mixed;\n')],
    ['with another boundary than it says', TWO.replace('"cut"', '"lost"')],
    ['without a header that says so', TWO.replace(/^.*\n\nbefore\n/, '\n')],
  ])('%s is read', (_, lines) => {
    const read = mail(lines)
    expect(types(read)).toEqual(['multipart/mixed', 'text/plain', 'text/html'])
    expect(read.parts.map((part) => textOf(part).trim())).toEqual(['one', '<p>two'])
  })

  it('holds mails in it', () => {
    const inner = `--cut\nContent-Type: message/rfc822\n\n${TWO.replace(/cut/g, 'in')}\n--cut--`
    expect(types(mail(`Content-Type: multipart/mixed; boundary=cut\n\n${inner}`))).toEqual([
      'multipart/mixed',
      ['message/rfc822', ['multipart/mixed', 'text/plain', 'text/html']],
    ])
  })

  it('that has no parts after all is text', () => {
    const read = mail('Content-Type: multipart/report; boundary=x\n\nIt failed.\n')
    expect([read.type, textOf(read)]).toEqual(['text/plain', 'It failed.\n'])
  })

  it('is not made of the parts of a mail that is quoted in its text', () => {
    const text = `Subject: failed\n\nIt failed. Your mail was:\n\n${TWO}`
    expect(types(mail(text))).toBe('text/plain')
  })
})

describe('a body', () => {
  it.each([
    ['base64', Buffer.from('grüße').toString('base64')],
    ['quoted-printable', 'gr=C3=BC=\r\n=C3=9Fe'],
    ['8bit', 'grüße'],
  ])('in %s is decoded', (encoding, body) => {
    const head = `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}`
    expect(textOf(mail(`${head}\r\n\r\n${body}`))).toBe('grüße')
  })

  it('of a header alone is empty', () => {
    expect(textOf(mail('Subject: x'))).toBe('')
  })
})

describe('a header', () => {
  it.each([
    ['=?utf-8?B?R3LDvMOfZQ==?=', 'Grüße'],
    ['=?iso-8859-1?Q?Gr=FC=DFe_an?= Ada', 'Grüße an Ada'],
    ['=?utf-8?B?R3LD?= =?utf-8?B?vMOfZQ==?=', 'Grüße'],
    ['=?gb2312?B?z7XNs83L0MU=?=', '系统退信'],
    ['=?x-nowhere?Q?plain?=', 'plain'],
    ['=?utf-8?B?', '=?utf-8?B?'],
  ])('%s reads %s', (raw, text) => {
    expect(decodeHeader(raw)).toBe(text)
  })

  it('in raw octets is read as what they are', () => {
    const { fields } = readMime(Buffer.from('Subject: Unzustellbar: Grüße\n\n'))
    expect(decodeHeader(field(fields, 'subject'))).toBe('Unzustellbar: Grüße')
  })

  it('with the pieces of RFC 2231 is put together', () => {
    expect(readParameters('a/b; title*0*=utf-8\'\'gr%C3%BC; title*1=sse; x="a;b"')).toEqual({
      value: 'a/b',
      params: { title: 'grüsse', x: 'a;b' },
    })
  })

  it.each([
    ['Ada <Ada@Far.test>, bob@near.test', ['ada@far.test', 'bob@near.test']],
    ["o'neil@far.test", ["o'neil@far.test"]],
    ['无法发送到ada@far.test。', ['ada@far.test']],
    ['用户@例子.广告', ['用户@例子.广告']],
    ['a@bücher.test', ['a@bücher.test']],
  ])('%s names %j', (value, addresses) => {
    expect(addressesIn(value)).toEqual(addresses)
  })
})

test('HTML gives its words, a block a line, and addresses that nobody escaped', () => {
  const html =
    '<style>p{}</style><p>Could not&nbsp;reach <ada@far.test></p><br>550&#32;no<!-- x -->'
  expect(htmlToText(html).trim()).toBe('Could not reach <ada@far.test>\n550 no')
})
