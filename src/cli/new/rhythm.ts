const DAY_MS = 86_400_000
/** What is not every so many days is every month: on the same day of it. */
const MONTH = { least: 28, most: 31 }
const WEEK = 7

/**
 * The day of the next issue, by those before it: the usual gap after the last one, and then so often that it is not
 * past. YYYY-MM-DD; `dates` in any order, `today` in the newsletter's zone.
 */
export function nextDate(dates: readonly string[], today: string): string {
  const days = [...new Set(dates)].map(dayOf).sort((one, other) => one - other)
  const last = days.at(-1)
  if (last === undefined) return today
  const gaps = days.slice(1).map((day, i) => day - (days[i] ?? day))
  const gap = median(gaps.slice(-8)) ?? WEEK
  // A monthly has gaps of 28 to 31 days that are not all alike; every four weeks they are.
  const isMonthly =
    gaps.length > 0 &&
    gap >= MONTH.least &&
    gap <= MONTH.most &&
    !gaps.every((each) => each % WEEK === 0)
  let next = last
  for (let months = 1; next <= last || next < dayOf(today); months++) {
    next = isMonthly ? monthsAfter(last, months) : last + gap * months
  }
  return textOf(next)
}

/** The date of this instant there. */
export function dayIn(timeZone: string, now: Date): string {
  return new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' }).format(now)
}

/** Written as `model` is: `2026-8-2`, `2026/08/02`, `2026年8月2日`. */
export function dateWrittenAs(model: string, date: string): string {
  const match = /^(\d{4})([-/.年])(\d{1,2})([-/.月])(\d{1,2})(.*)$/s.exec(model.trim())
  if (match === null) return date
  const [year, month, day] = date.split('-') as [string, string, string]
  const isPadded = !/^\d$/.test(match[3] ?? '') && !/^\d$/.test(match[5] ?? '')
  // 11-24 tells nothing of how 8-2 is written.
  const tells = Number(match[3]) < 10 || Number(match[5]) < 10
  const pad = (part: string) =>
    isPadded && (tells || match[2] === '-') ? part : String(Number(part))
  // A time of day behind it was that of the last one.
  const rest = match[6]?.startsWith('日') ? '日' : ''
  return `${year}${match[2]}${pad(month)}${match[4]}${pad(day)}${rest}`
}

function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY_MS
}

function textOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** The 31st is the last of a shorter month. */
function monthsAfter(day: number, months: number): number {
  const from = new Date(day * DAY_MS)
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months]
  const lastOfMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return Date.UTC(year, month, Math.min(from.getUTCDate(), lastOfMonth)) / DAY_MS
}

function median(numbers: readonly number[]): number | null {
  if (numbers.length === 0) return null
  return numbers.toSorted((one, other) => one - other)[Math.floor((numbers.length - 1) / 2)] ?? null
}
