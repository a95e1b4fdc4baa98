/** What a newsletter may choose of how its mails look, beside its one brand colour. */
export type ThemeChoices = {
  /** Shown instead of the newsletter's name set in type. Sizes in CSS pixels as shown; the file may be denser. */
  logo: {
    url: string
    width: number
    height: number
    /** On dark paper, for a logo that would vanish there; null: the same. */
    darkUrl: string | null
  } | null
  /** Faces that readers have; CJK faces come by language beside each. */
  textFont: ThemeFont
  headingFont: ThemeFont
  /** Of the one column, in px. null: by language, for lines of 60 to 72 Latin or 34 to 40 CJK characters. */
  width: number | null
  /** auto: from four items on. */
  contents: 'auto' | 'always' | 'never'
  /** plain: space alone. ruled: a hairline between items. card: a quiet box around each. */
  itemStyle: 'plain' | 'ruled' | 'card'
}

export const THEME_FONTS = ['sans', 'serif', 'mono'] as const
export type ThemeFont = (typeof THEME_FONTS)[number]

export const DEFAULT_CHOICES: ThemeChoices = {
  logo: null,
  textFont: 'sans',
  headingFont: 'sans',
  width: null,
  contents: 'auto',
  itemStyle: 'plain',
}
