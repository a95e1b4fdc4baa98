import type { NewsletterChanges } from '../../db/queries/newsletters.ts'
import type { RemoteImages, UncertainPolicy, WayChoice } from '../../db/types.ts'
import type { ThemeChoices } from '../../emails/theme-choices.ts'
import { PostriderError } from '../errors.ts'
import { parseAddress } from '../mail/address.ts'
import { readTheme } from '../messages/design.ts'

/** What can be said of a newsletter, as it comes from a command or a form. undefined: not said. */
export type NewsletterFields = Readonly<{
  name?: string | undefined
  description?: string | undefined
  fromName?: string | undefined
  fromAddress?: string | undefined
  replyTo?: string | null | undefined
  postalAddress?: string | undefined
  /** BCP 47 */
  language?: string | undefined
  /** IANA */
  timeZone?: string | undefined
  /** #rrggbb */
  brandColor?: string | undefined
  /** What is named is changed; the rest stays. */
  theme?: Partial<ThemeChoices> | undefined
  /** link: pictures from elsewhere stay there. take-in: they are taken in like an issue's own. */
  remoteImages?: RemoteImages | undefined
  notifyAddress?: string | null | undefined
  notifyUnsubscribes?: boolean | undefined
  uncertainPolicy?: UncertainPolicy | undefined
  /** The ways that its campaigns may take, by their names in the configuration; null: all that are configured. */
  transports?: readonly WayChoice[] | null | undefined
  /** Percent of what was sent: above it a campaign pauses. */
  pauseHardPercent?: number | undefined
  pauseComplaintPercent?: number | undefined
  /** Percent of what went to one domain. */
  pauseBlockPercent?: number | undefined
  /** Issues without a sign of life until a reader is asked whether to stay; null: nobody is asked. */
  inactiveAfter?: number | null | undefined
  /** Who was asked and did not answer is taken off. */
  inactiveRetires?: boolean | undefined
}>

type Column = Exclude<keyof NewsletterChanges, 'created_at' | 'inactive_looked_at'>
type Readers = { [F in keyof NewsletterFields]-?: [Column, (value: never, field: F) => unknown] }

const READERS: Readers = {
  name: ['name', line],
  description: ['description', text],
  fromName: ['from_name', line],
  fromAddress: ['from_address', address],
  replyTo: ['reply_to', addressOrNone],
  postalAddress: ['postal_address', text],
  language: ['language', language],
  timeZone: ['time_zone', timeZone],
  brandColor: ['brand_color', color],
  theme: ['theme', theme],
  remoteImages: ['remote_images', remoteImages],
  notifyAddress: ['notify_address', addressOrNone],
  notifyUnsubscribes: ['notify_unsubscribes', (value: boolean) => value],
  uncertainPolicy: ['uncertain_policy', policy],
  transports: ['transports', ways],
  pauseHardPercent: ['pause_hard_percent', percent],
  pauseComplaintPercent: ['pause_complaint_percent', percent],
  pauseBlockPercent: ['pause_block_percent', percent],
  inactiveAfter: ['inactive_after', issues],
  inactiveRetires: ['inactive_retires', (value: boolean) => value],
}

/**
 * Column values of what was said, checked and in canonical form.
 * @throws PostriderError bad-input with the field as its place
 */
export function readNewsletterFields(fields: NewsletterFields): NewsletterChanges {
  const values: Record<string, unknown> = {}
  for (const [field, [column, read]] of Object.entries(READERS)) {
    const value = fields[field as keyof NewsletterFields]
    if (value !== undefined) values[column] = read(value as never, field as never)
  }
  return values as NewsletterChanges
}

function bad(field: string, message: string): PostriderError {
  return new PostriderError('bad-input', message, { place: field })
}

/** One line that may stand in a header: not empty, no control characters. */
function line(value: string, field: string): string {
  const trimmed = value.trim()
  if (trimmed === '' || trimmed.length > 200 || /\p{Cc}/u.test(trimmed)) {
    throw bad(field, `${field}: one line of 1 to 200 characters is needed`)
  }
  return trimmed
}

function text(value: string, field: string): string {
  const trimmed = value.replace(/\r\n?/g, '\n').trim()
  if (trimmed.length > 2000) throw bad(field, `${field}: more than 2,000 characters`)
  return trimmed
}

function address(value: string, field: string): string {
  const parsed = parseAddress(value.trim())
  if (!parsed.ok) throw bad(field, `${field}: "${value}" is no mail address: ${parsed.why}`)
  return parsed.value.address
}

function addressOrNone(value: string | null, field: string): string | null {
  return value === null || value.trim() === '' ? null : address(value, field)
}

function language(value: string, field: string): string {
  try {
    const [canonical] = Intl.getCanonicalLocales(value.trim())
    if (canonical !== undefined) return canonical
  } catch {
    // RangeError: not well-formed after BCP 47
  }
  throw bad(field, `${field}: "${value}" is no language tag such as en or zh-CN`)
}

function timeZone(value: string, field: string): string {
  const name = value.trim()
  try {
    // Intl takes offsets such as +08:00 too; they know nothing of summer time and are no IANA zones.
    if (/^[A-Za-z]/.test(name)) {
      new Intl.DateTimeFormat('en', { timeZone: name })
      return name
    }
  } catch {
    // RangeError: unknown zone
  }
  throw bad(field, `${field}: "${value}" is no time zone such as Europe/Berlin or Asia/Shanghai`)
}

function color(value: string, field: string): string {
  const hex = value.trim().toLowerCase()
  if (!/^#[0-9a-f]{6}$/.test(hex))
    throw bad(field, `${field}: "${value}" is no colour like #0b6e4f`)
  return hex
}

/** As JSON, without what was not named. */
function theme(value: Partial<ThemeChoices>, field: string): string {
  const reading = readTheme(value)
  if (!reading.ok) {
    const [first] = reading.problems
    throw bad(`${field}.${first?.field}`, `${first?.field}: ${first?.problem}`)
  }
  const named = Object.entries(reading.theme).filter(([name]) => name in value)
  return JSON.stringify(Object.fromEntries(named))
}

function remoteImages(value: string, field: string): string {
  if (value === 'link' || value === 'take-in') return value
  throw bad(field, `${field}: "${value}" is neither link nor take-in`)
}

function policy(value: string, field: string): string {
  if (value === 'hold' || value === 'resend') return value
  throw bad(field, `${field}: "${value}" is neither hold nor resend`)
}

function ways(value: readonly WayChoice[] | null, field: string): string | null {
  if (value === null) return null
  for (const [index, { name, weight }] of value.entries()) {
    if (name.trim() === '' || name.length > 100 || /[\p{Cc}=,]/u.test(name)) {
      throw bad(field, `${field}: "${name}" is no name of a transport`)
    }
    if (!Number.isFinite(weight) || weight <= 0) {
      throw bad(field, `${field}: the weight of ${name} is a number above 0`)
    }
    if (value.findIndex((other) => other.name === name) < index) {
      throw bad(field, `${field}: ${name} is there twice`)
    }
  }
  if (value.length === 0) throw bad(field, `${field}: at least one is needed`)
  return JSON.stringify(value)
}

function percent(value: number, field: string): number {
  if (value > 0 && value <= 100) return value
  throw bad(field, `${field}: a percentage above 0, at most 100, is needed`)
}

const FEWEST_ISSUES = 3
const MOST_ISSUES = 100

function issues(value: number | null, field: string): number | null {
  if (value === null) return null
  if (Number.isInteger(value) && value >= FEWEST_ISSUES && value <= MOST_ISSUES) return value
  throw bad(field, `${field}: a number of issues from ${FEWEST_ISSUES} to ${MOST_ISSUES} is needed`)
}
