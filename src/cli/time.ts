import { Temporal } from 'temporal-polyfill'
import { PostriderError } from '../errors.ts'

/**
 * `2026-11-30 08:00` in the newsletter's zone, or an instant with its offset. A time that the clocks skip or show twice
 * is refused: nobody can know which was meant.
 * @throws PostriderError bad-input
 */
export function readTime(text: string, timeZone: string): Date {
  try {
    if (/(Z|[+-]\d{2}:?\d{2})$/i.test(text))
      return new Date(Temporal.Instant.from(text).epochMilliseconds)
    const zoned = Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone, {
      disambiguation: 'reject',
    })
    return new Date(zoned.epochMilliseconds)
  } catch (cause) {
    throw new PostriderError(
      'bad-input',
      `"${text}" is no time in ${timeZone}: write 2026-11-30 08:00, or 2026-11-30T08:00+08:00`,
      { cause },
    )
  }
}

/** `2026-11-30 08:00 (Asia/Shanghai)` */
export function showTime(at: Date, timeZone: string): string {
  return `${localTime(at, timeZone).join(' ')} (${timeZone})`
}

/** `2026-11-30 08:00 to 08:05 (Asia/Shanghai)`, the second day only if it is another one. */
export function showSpan(from: Date, to: Date, timeZone: string): string {
  const [firstDay, begin] = localTime(from, timeZone)
  const [lastDay, end] = localTime(to, timeZone)
  const until = firstDay === lastDay ? end : `${lastDay} ${end}`
  return `${firstDay} ${begin} to ${until} (${timeZone})`
}

function localTime(at: Date, timeZone: string): [day: string, time: string] {
  const local = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone)
  return [local.toPlainDate().toString(), local.toPlainTime().toString({ smallestUnit: 'minute' })]
}
