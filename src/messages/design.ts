import { z } from 'zod'
import { DEFAULT_CHOICES, THEME_FONTS, type ThemeChoices } from '../../emails/theme-choices.ts'

/** What a newsletter decides about how its mails look and speak. */
export type Design = {
  newsletterName: string
  /** BCP 47. Wording in the ten languages that `emails/words` has, else English; dates in the language itself. */
  language: string
  /** IANA name. */
  timeZone: string
  /** `#rrggbb` */
  brandColor: string
  /** As one prints it; lines are kept. */
  postalAddress: string
  /** Default: `DEFAULT_CHOICES`. */
  theme?: ThemeChoices
}

/**
 * A picture that was taken in: where it is served, and its size as shown in CSS pixels (not that of the file, which
 * is twice as dense).
 */
export type TakenImage = { url: string; width: number; height: number }

/** By the address as the parsed issue has it: resolved against base_url where there is one, else as written. */
export type TakenImages = Readonly<Record<string, TakenImage>>

const webUrl = z
  .url({ protocol: /^https?$/, error: 'an address that begins with https:// is needed' })
  .max(2000, { error: 'an address of at most 2,000 characters' })

/** LOOK: 640 px at most, and a column narrower than a small tablet wastes a desk's screen. */
const WIDTH = { narrowest: 480, widest: 640 } as const

function pixels(least: number, most: number) {
  const error = `a whole number of pixels from ${least} to ${most} is needed`
  return z.int({ error }).min(least, { error }).max(most, { error })
}

/** As it is stored (`newsletters.theme`): what is left out has its default, what is unknown is refused. */
export const themeSchema = z.strictObject({
  logo: z
    .strictObject({
      url: webUrl,
      width: pixels(16, WIDTH.widest - 64),
      height: pixels(16, 200),
      darkUrl: webUrl.nullable().default(null),
    })
    .nullable()
    .default(DEFAULT_CHOICES.logo),
  textFont: z.enum(THEME_FONTS).default(DEFAULT_CHOICES.textFont),
  headingFont: z.enum(THEME_FONTS).default(DEFAULT_CHOICES.headingFont),
  width: pixels(WIDTH.narrowest, WIDTH.widest).nullable().default(DEFAULT_CHOICES.width),
  contents: z.enum(['auto', 'always', 'never']).default(DEFAULT_CHOICES.contents),
  itemStyle: z.enum(['plain', 'ruled', 'card']).default(DEFAULT_CHOICES.itemStyle),
}) satisfies z.ZodType<ThemeChoices>

export type ThemeReading =
  | { ok: true; theme: ThemeChoices }
  /** `field` as in `logo.width`; `problem` in words. */
  | { ok: false; problems: { field: string; problem: string }[] }

/** Choices as stored or as somebody typed them: whole, or what is wrong with each field. */
export function readTheme(value: unknown): ThemeReading {
  const read = themeSchema.safeParse(value ?? {})
  if (read.success) return { ok: true, theme: read.data }
  return {
    ok: false,
    problems: read.error.issues.map((issue) => ({
      field: [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys : [])].join('.'),
      problem: issue.code === 'unrecognized_keys' ? 'there is no such choice' : issue.message,
    })),
  }
}
