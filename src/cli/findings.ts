import { makeTheme, type Palette } from '../../emails/theme.ts'
import { type ColourPair, checkContrast } from '../issues/check/contrast.ts'
import { checkSender } from '../issues/check/sender.ts'
import { checkSizes } from '../issues/check/sizes.ts'
import { checkIssue } from '../issues/check.ts'
import type { Finding, Issue } from '../issues/issue.ts'
import type { Design } from '../messages/design.ts'

/** What is known of a newsletter beside its look. */
export type Readership = Readonly<{
  sender: Readonly<{ name: string; address: string }>
  /** Those that its readers have. */
  attributes: ReadonlySet<string>
}>

export type CheckedMail = Readonly<{
  file: string
  design: Design
  /** null: it could not be compiled. */
  sizes: Readonly<{ htmlBytes: number; textBytes: number }> | null
  /** null: no newsletter is named. */
  readership: Readership | null
  now: Date
}>

/** Everything that can be found in an issue and the mail it becomes, offline, beside what parsing said. */
export function checkMail(issue: Issue, mail: CheckedMail): Finding[] {
  const { file, design, sizes, readership, now } = mail
  const attributes = readership === null ? {} : { attributes: readership.attributes }
  return [
    ...checkIssue(issue, { file, now, ...attributes }),
    ...(readership === null ? [] : checkSender(readership.sender, { file })),
    ...(sizes === null ? [] : checkSizes(sizes, { file })),
    ...checkContrast(colourPairs(design, issue.meta.language), { file }),
  ]
}

function colourPairs({ brandColor, theme }: Design, language: string): ColourPair[] {
  const { light, dark } = makeTheme(brandColor, language, theme)
  return [...pairsOf(light, 'light'), ...pairsOf(dark, 'dark')]
}

function pairsOf(palette: Palette, scheme: string): ColourPair[] {
  const grounds = ['paper', 'page', 'soft'] as const
  const texts = ['ink', 'quiet', 'accent'] as const
  return [
    ...grounds.flatMap((ground) =>
      texts.map((text) => ({
        name: `${text} on ${ground}, ${scheme}`,
        text: palette[text],
        ground: palette[ground],
      })),
    ),
    { name: `a button, ${scheme}`, text: palette.accentText, ground: palette.accent },
  ]
}
