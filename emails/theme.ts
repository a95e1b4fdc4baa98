import { hexToOklch, legibleOn, oklchToHex } from './_components/oklch.ts'
import { DEFAULT_CHOICES, type ThemeChoices } from './theme-choices.ts'
import { fontFor, LATIN } from './theme-fonts.ts'

export type Palette = {
  paper: string
  page: string
  ink: string
  quiet: string
  line: string
  /** The brand's colour, at least 4.5 : 1 on paper, page and soft. */
  accent: string
  /** Upon a fill of accent. */
  accentText: string
  /** A quiet fill in the brand's hue. */
  soft: string
}

export type Theme = {
  light: Palette
  dark: Palette
  /** font-family, without quotes: in a style attribute each would cost six bytes. */
  font: string
  headingFont: string
  mono: string
  lineHeight: string
  direction: 'ltr' | 'rtl'
  /** Of the one column, in px. */
  width: number
}

const LIGHT = {
  paper: '#ffffff',
  page: '#f6f7f9',
  ink: '#1f2328',
  quiet: '#59636e',
  line: '#d8dee4',
}
const DARK = {
  paper: '#15181d',
  page: '#0e1013',
  ink: '#e6e9ed',
  quiet: '#9aa4af',
  line: '#2b3138',
}

export const SPACE = { side: 32, section: 40, item: 28 } as const

/** Beside its padding a column of 600 px holds 70 Latin characters of 16 px, one of 640 px 36 of CJK. */
const WIDTH = { latin: 600, cjk: 640 } as const

/** @throws RangeError for a brand colour that is not `#rrggbb` or `#rgb` */
export function makeTheme(
  brandColor: string,
  language: string,
  choices: ThemeChoices = DEFAULT_CHOICES,
): Theme {
  const { chroma, hue } = hexToOklch(brandColor)
  const softLight = oklchToHex({ lightness: 0.968, chroma: Math.min(chroma, 0.006), hue })
  const softDark = oklchToHex({ lightness: 0.255, chroma: Math.min(chroma, 0.01), hue })
  const isCjk = /^(zh|ja|ko)\b/i.test(language)
  return {
    light: {
      ...LIGHT,
      soft: softLight,
      accent: legibleOn(brandColor, [LIGHT.paper, LIGHT.page, softLight], 'darker'),
      accentText: LIGHT.paper,
    },
    dark: {
      ...DARK,
      soft: softDark,
      // Small type that only just passes glimmers on a dark ground.
      accent: legibleOn(brandColor, [DARK.paper, DARK.page, softDark], 'lighter', 6),
      accentText: DARK.page,
    },
    font: fontFor(choices.textFont, language),
    headingFont: fontFor(choices.headingFont, language),
    mono: `${LATIN.mono},monospace`,
    lineHeight: isCjk ? '1.8' : '1.65',
    direction: directionOf(language),
    width: choices.width ?? (isCjk ? WIDTH.cjk : WIDTH.latin),
  }
}

/** Of a heading, as one declaration. */
export function headingFont(theme: Theme, level: 1 | 2 | 3): string {
  const font = { 1: '700 28px/1.3', 2: '700 20px/1.4', 3: '600 18px/1.45' }[level]
  return `${font} ${theme.headingFont}`
}

export function directionOf(language: string): 'ltr' | 'rtl' {
  return /^(ar|arc|ckb|dv|fa|he|iw|ps|sd|ug|ur|yi)\b|-(arab|hebr)\b/i.test(language) ? 'rtl' : 'ltr'
}
