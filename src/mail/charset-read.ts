/** Labels that TextDecoder does not know, or that mails use for something wider. */
const ALIASES: Readonly<Record<string, string>> = {
  'ansi_x3.4-1968': 'us-ascii',
  ascii: 'us-ascii',
  'cn-gb': 'gb18030',
  cp932: 'shift_jis',
  cp936: 'gb18030',
  cp949: 'euc-kr',
  cp950: 'big5',
  'cn-big5': 'big5',
  gb2312: 'gb18030',
  gbk: 'gb18030',
  'iso-2022-jp-1': 'iso-2022-jp',
  'iso-2022-jp-2': 'iso-2022-jp',
  'iso-2022-jp-ms': 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  'x-sjis': 'shift_jis',
  'x-unknown': '',
  unknown: '',
  'unknown-8bit': '',
  '8bit': '',
  default: '',
  binary: '',
}

/** What 8-bit text without a usable label may be, and the letters that show it: the commonest in running text. */
const GUESSES: readonly (readonly [string, RegExp])[] = [
  ['euc-jp', /[\u3041-\u3093\u30a1-\u30f6]/g],
  ['shift_jis', /[\u3041-\u3093\u30a1-\u30f6]/g],
  ['gb18030', /[的您邮件被退回收人原因系统送达址信地用户不存在无法箱有是在]/g],
  ['big5', /[的您郵件被退回收人原因系統送達址信地用戶不存在無法箱有是在]/g],
  ['euc-kr', /[\uac00-\ud7a3]/g],
  ['koi8-r', /[а-яё]/g],
  ['windows-1251', /[а-яё]/g],
]

/** Octets that no label helps with are read as windows-1252, where every octet is a character. */
const LAST_RESORT = 'windows-1252'

/** Text of octets in whatever charset the mail says, or is; never throws. */
export function decodeCharset(octets: Buffer, label: string | undefined): string {
  const name = (label ?? '')
    .trim()
    .toLowerCase()
    .replace(/^["']|["']$/g, '')
  const charset = ALIASES[name] ?? name
  if (charset === 'utf-7' || charset === 'unicode-1-1-utf-7') return decodeUtf7(octets)
  const isEightBit = /\P{ASCII}/u.test(octets.toString('latin1'))
  if (!isEightBit) return decodeSevenBit(octets, charset)
  if (charset === '' || charset === 'us-ascii' || charset === 'iso-2022-jp') return guess(octets)
  // Latin 1 is what a server says that never looked.
  if (/^(iso-8859-1|windows-1252|latin1)$/.test(charset)) return guess(octets, charset)
  return decodeAs(charset, octets, true) ?? guess(octets, charset)
}

function decodeSevenBit(octets: Buffer, charset: string): string {
  // ESC $ opens Japanese in seven bits (RFC 1468), also where the label is missing.
  if (octets.includes('\u001b$')) return decodeAs('iso-2022-jp', octets, false) ?? ''
  // UTF-16 with its zeros, and HZ.
  if (/^(utf-16|hz)/.test(charset)) return decodeAs(charset, octets, false) ?? octets.toString()
  return octets.toString('latin1')
}

function guess(octets: Buffer, label = LAST_RESORT): string {
  const utf8 = decodeAs('utf-8', octets, true)
  if (utf8 !== null) return utf8
  const sample = octets.subarray(0, 4096)
  const best = { charset: label, share: 0.3 }
  // Latin letters with accents stand one by one, others in words.
  const runs = sample.toString('latin1').match(/[\x80-\xff]+/g) ?? []
  const isWords = runs.join('').length >= 3 * runs.length
  for (const [charset, letters] of GUESSES) {
    if (!isWords && /^(?:koi8-r|windows-1251)$/.test(charset)) continue
    // Cut in the middle of a character, perhaps: not fatal.
    const text = decodeAs(charset, sample, false) ?? ''
    const foreign = text.match(/\P{ASCII}/gu)?.length ?? 0
    const share = (text.match(letters)?.length ?? 0) / Math.max(1, foreign)
    if (share > best.share) Object.assign(best, { charset, share })
  }
  return decodeAs(best.charset, octets, false) ?? octets.toString('latin1')
}

/** null: no such charset, or not valid in it. */
function decodeAs(charset: string, octets: Buffer, fatal: boolean): string | null {
  try {
    return new TextDecoder(charset, { fatal }).decode(octets)
  } catch {
    return null
  }
}

/** RFC 2152: `+` begins modified base64 of UTF-16, `-` or any other character ends it, `+-` is a plus. */
function decodeUtf7(octets: Buffer): string {
  return octets
    .toString('latin1')
    .replace(/\+([A-Za-z0-9+/]*)-?/g, (_, shifted: string) =>
      shifted === '' ? '+' : utf16be(Buffer.from(shifted, 'base64')),
    )
}

function utf16be(octets: Buffer): string {
  const even = octets.subarray(0, octets.length & ~1)
  return new TextDecoder('utf-16be').decode(even)
}
