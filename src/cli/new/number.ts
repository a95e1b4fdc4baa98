// An issue's number, however its title writes it: "第 12 期", "第十二期", "No. 12", "Field Notes 7".

const DIGITS = '〇一二三四五六七八九'
const UNITS = ['', '十', '百', '千'] as const
const CHINESE = '[〇零一二两三四五六七八九十百千]+'
const ANY = `(?:[0-9]+|[０-９]+|${CHINESE})`

/** In the order in which they are believed. Each has the number as its only group. */
const COUNTED: readonly RegExp[] = [
  new RegExp(`第\\s*(${ANY})\\s*[期號号集回卷辑輯篇話话弾封]`, 'd'),
  /제\s*(\d+)\s*[호회]/d,
  /(?:[#№＃]|\b(?:no|nr|issue|vol|volume|number|ausgabe|numéro|выпуск|número|edição)\b\.?)\s*(\d+)/di,
  new RegExp(`第\\s*(${ANY})\\s*[周週]`, 'd'),
]

export type Numbered = Readonly<{ number: number; start: number; end: number }>

/** The issue's number in a text; `hint`: as the file's name has it. Null: none. */
export function findNumber(text: string, hint: number | null = null): Numbered | null {
  for (const pattern of COUNTED) {
    const at = pattern.exec(text)?.indices?.[1]
    if (at) return numberAt(text, at)
  }
  // A bare number is the issue's only where the file's name says the same, or it ends the title: "Field Notes 7".
  const bare = [...text.matchAll(/(?<![\d.,/-])(\d{1,4})(?![\d.,/-]\d|\d)/dg)].map((match) =>
    numberAt(text, match.indices?.[1] ?? [0, 0]),
  )
  const hinted = bare.find(({ number }) => number === hint)
  if (hinted) return hinted
  return bare.findLast(({ end }) => end === text.trimEnd().length) ?? null
}

/** In a file's name, where anything may stand before a number: its last one that is no part of a date. */
export function findNumberInName(name: string): Numbered | null {
  for (const pattern of COUNTED) {
    const at = pattern.exec(name)?.indices?.[1]
    if (at) return numberAt(name, at)
  }
  const hidden = name.replace(/\d{4}([-_.]?)\d{2}\1\d{2}/g, (date) => ' '.repeat(date.length))
  const last = [...hidden.matchAll(/\d{1,4}(?!\d)/dg)].at(-1)?.indices?.[0]
  return last === undefined ? null : numberAt(name, last)
}

/** The text with another number, written as the one that was there. */
export function withNumber(text: string, { start, end }: Numbered, number: number): string {
  const written = text.slice(start, end)
  return text.slice(0, start) + writtenAs(written, number) + text.slice(end)
}

function numberAt(text: string, [start, end]: readonly [number, number]): Numbered {
  return { number: readNumber(text.slice(start, end)), start, end }
}

function readNumber(written: string): number {
  const narrow = written.normalize('NFKC')
  if (/^\d+$/.test(narrow)) return Number(narrow)
  const plain = written.replaceAll('零', '〇').replaceAll('两', '二')
  if (!/[十百千]/.test(plain)) return Number([...plain].map((c) => DIGITS.indexOf(c)).join(''))
  let sum = 0
  let digit: number | null = null
  for (const char of plain) {
    const unit = UNITS.indexOf(char as '十')
    if (unit > 0) sum += (digit ?? 1) * 10 ** unit
    digit = unit > 0 ? null : DIGITS.indexOf(char)
  }
  return sum + (digit ?? 0)
}

function writtenAs(model: string, number: number): string {
  const digits = String(number)
  if (/^[0-9]+$/.test(model)) return digits.padStart(/^0/.test(model) ? model.length : 0, '0')
  if (/^[０-９]+$/.test(model)) {
    return digits.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))
  }
  // 一二 for 12 where there is no 十: by digits.
  if (model.length > 1 && !/[十百千]/.test(model)) {
    return digits.replace(/\d/g, (digit) => DIGITS[Number(digit)] ?? digit)
  }
  return inChinese(number)
}

/** 12 → 十二, 20 → 二十, 105 → 一百零五. Below 10,000. */
export function inChinese(number: number): string {
  if (number === 0) return '〇'
  const digits = [...String(number)].map(Number)
  let out = ''
  let gap = false
  digits.forEach((digit, i) => {
    const unit = UNITS[digits.length - 1 - i] ?? ''
    if (digit === 0) {
      gap = true
      return
    }
    if (gap) out += '零'
    gap = false
    out += (DIGITS[digit] ?? '') + unit
  })
  return out.replace(/^一十/, '十')
}
