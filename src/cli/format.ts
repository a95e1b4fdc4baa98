import { stripVTControlCharacters } from 'node:util'

const BAR_COLUMNS = { most: 40, least: 8 }

/** @param room columns that it may take: a longer line would wrap, and could not be redrawn */
export function progressText(
  count: number,
  total: number | null,
  perSecond: number,
  room = Number.POSITIVE_INFINITY,
): string {
  const rate = `${formatNumber(Math.round(perSecond))}/s`
  if (total === null || total <= 0) return `${formatNumber(count)}   ${rate}`
  const left = perSecond > 0 ? `   ${formatSeconds((total - count) / perSecond)} left` : ''
  const words = `${formatNumber(count)} of ${formatNumber(total)}   ${rate}${left}`
  const width = Math.min(BAR_COLUMNS.most, room - words.length - 2)
  return width < BAR_COLUMNS.least ? words : `${bar(count / total, width)}  ${words}`
}

function bar(share: number, width: number): string {
  const filled = Math.min(width, Math.floor(share * width))
  const tip = filled < width ? '╸' : ''
  return '━'.repeat(filled) + tip + '─'.repeat(Math.max(0, width - filled - 1))
}

/** 1 s, 2 min, 3 h: rounded up, so that it never says 0 while something is left. */
export function formatSeconds(seconds: number): string {
  if (seconds <= 90) return `${Math.ceil(seconds)} s`
  if (seconds <= 90 * 60) return `${Math.ceil(seconds / 60)} min`
  return `${Math.ceil(seconds / 3600)} h`
}

export const formatNumber = (value: number): string => value.toLocaleString('en-US')

/** `1 link`, `14 links`; `plural` where an s is not enough. */
export const count = (value: number, noun: string, plural = `${noun}s`): string =>
  `${formatNumber(value)} ${value === 1 ? noun : plural}`

/** What somebody else wrote, without what would move a terminal's cursor or change its colours. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text).replace(/[^\P{Cc}\n\t]/gu, '·')

export function formatBytes(octets: number): string {
  return octets < 1024
    ? `${octets} B`
    : octets < 1024 * 1024
      ? `${Math.round(octets / 1024)} KB`
      : `${(octets / 1024 / 1024).toFixed(1)} MB`
}

// East Asian wide and fullwidth, and emoji: two columns each (UAX #11, without the ambiguous ones).
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const ZERO = /\p{Mn}|\p{Me}|\p{Cf}/u

/** Columns on a terminal. */
export function columns(text: string): number {
  let width = 0
  for (const char of stripVTControlCharacters(text)) {
    if (!ZERO.test(char)) width += WIDE.test(char) ? 2 : 1
  }
  return width
}

export const padEnd = (text: string, width: number) =>
  text + ' '.repeat(Math.max(0, width - columns(text)))
const padStart = (text: string, width: number) =>
  ' '.repeat(Math.max(0, width - columns(text))) + text

/** Aligned columns; those that hold only numbers stand to the right. */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const widths = head.map((title, index) =>
    Math.max(columns(title), ...rows.map((row) => columns(row[index] ?? ''))),
  )
  const numeric = head.map(
    (_, index) => rows.length > 0 && rows.every((row) => /^[\d,.%–-]*$/.test(row[index] ?? '')),
  )
  const draw = (row: readonly string[]) =>
    head
      .map((_, index) => (numeric[index] ? padStart : padEnd)(row[index] ?? '', widths[index] ?? 0))
      .join('   ')
      .trimEnd()
  return [draw(head), widths.map((width) => '─'.repeat(width)).join('───'), ...rows.map(draw)]
}
