import { hexToOklch, legibleOn, oklchToHex } from './_components/oklch.ts'

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
  mono: string
  lineHeight: string
  direction: 'ltr' | 'rtl'
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

/** @throws RangeError for a brand colour that is not `#rrggbb` or `#rgb` */
export function makeTheme(brandColor: string, language: string): Theme {
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
      accent: legibleOn(brandColor, [DARK.paper, DARK.page, softDark], 'lighter'),
      accentText: DARK.page,
    },
    font: fontFor(language),
    mono: 'ui-monospace,SFMono-Regular,Menlo,Consolas,Liberation Mono,monospace',
    lineHeight: isCjk ? '1.8' : '1.65',
    direction: directionOf(language),
  }
}

export function directionOf(language: string): 'ltr' | 'rtl' {
  return /^(ar|arc|ckb|dv|fa|he|iw|ps|sd|ug|ur|yi)\b|-(arab|hebr)\b/i.test(language) ? 'rtl' : 'ltr'
}

const LATIN = '-apple-system,BlinkMacSystemFont,Segoe UI,Roboto,Helvetica Neue,Arial'

/** Many clients drop `lang`, and Han glyphs then come in another country's forms: so the faces are named. */
function fontFor(language: string): string {
  const faces: [RegExp, string][] = [
    [/^zh-(hant|tw|hk|mo)\b/i, 'PingFang TC,Microsoft JhengHei,Noto Sans CJK TC,Noto Sans TC'],
    [/^zh\b/i, 'PingFang SC,Hiragino Sans GB,Microsoft YaHei,Noto Sans CJK SC,Noto Sans SC'],
    [/^ja\b/i, 'Hiragino Sans,Yu Gothic,Meiryo,Noto Sans CJK JP,Noto Sans JP'],
    [/^ko\b/i, 'Apple SD Gothic Neo,Malgun Gothic,Noto Sans CJK KR,Noto Sans KR'],
  ]
  const named = faces.find(([pattern]) => pattern.test(language))?.[1]
  return named ? `${LATIN},${named},sans-serif` : `${LATIN},sans-serif`
}

/**
 * What style attributes cannot say: the phone's padding, and the dark palette, for clients that read media
 * queries and for Outlook's apps, which mark what they have darkened (`data-ogsc`, `data-ogsb`).
 */
export function styleSheet({ dark }: Theme): string {
  const colors: [selector: string, declaration: string][] = [
    ['.ink,.ink a.title', `color:${dark.ink}`],
    ['.quiet,.quiet a', `color:${dark.quiet}`],
    ['.accent,.prose a,a.accent', `color:${dark.accent}`],
    ['.rule,.prose hr,.prose th,.prose td', `border-color:${dark.line}`],
    ['.prose blockquote', `border-color:${dark.accent};color:${dark.quiet}`],
  ]
  const fills: [selector: string, declaration: string][] = [
    ['.page', `background-color:${dark.page}`],
    ['.paper', `background-color:${dark.paper}`],
    ['.prose pre,.prose code,.prose kbd', `background-color:${dark.soft}`],
    ['.button', `background-color:${dark.accent};color:${dark.accentText}`],
  ]
  const rules = (list: [string, string][], mark: string): string =>
    list
      .map(([selector, declaration]) => {
        const selectors = selector.split(',').map((each) => `${mark}${each}`)
        return `${selectors.join(',')}{${declaration.replaceAll(';', '!important;')}!important}`
      })
      .join('')
  return [
    ':root{color-scheme:light dark;supported-color-schemes:light dark}',
    '@media (max-width:480px){.side{padding-left:20px!important;padding-right:20px!important}.margin{padding-top:0!important}.paper{border-radius:0!important}}',
    `@media (prefers-color-scheme:dark){${rules([...colors, ...fills], '')}}`,
    rules(colors, '[data-ogsc] '),
    rules(fills, '[data-ogsb] '),
  ].join('')
}
