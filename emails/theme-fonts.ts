import type { ThemeFont } from './theme-choices.ts'

// Segoe UI stands first: Word, which draws mail for Outlook on Windows, may give up at a name that it does not know.
export const LATIN: Readonly<Record<ThemeFont, string>> = {
  sans: 'Segoe UI,-apple-system,BlinkMacSystemFont,Roboto,Helvetica Neue,Arial',
  serif: 'Georgia,Iowan Old Style,Charter,Cambria,Times New Roman',
  mono: 'Consolas,ui-monospace,SFMono-Regular,Menlo,Liberation Mono',
}

const GENERIC: Readonly<Record<ThemeFont, string>> = {
  sans: 'sans-serif',
  serif: 'serif',
  mono: 'monospace',
}

type Faces = Readonly<{ sans: string; serif: string }>

/** Many clients drop `lang`, and Han glyphs then come in another country's forms: so the faces are named. */
const FACES: readonly (readonly [languages: RegExp, faces: Faces])[] = [
  [
    /^zh-(hant|tw|hk|mo)\b/i,
    {
      sans: 'PingFang TC,Microsoft JhengHei,Noto Sans CJK TC,Noto Sans TC',
      serif: 'Songti TC,PMingLiU,Noto Serif CJK TC,Noto Serif TC',
    },
  ],
  [
    /^zh\b/i,
    {
      sans: 'PingFang SC,Hiragino Sans GB,Microsoft YaHei,Noto Sans CJK SC,Noto Sans SC',
      serif: 'Songti SC,SimSun,Noto Serif CJK SC,Noto Serif SC',
    },
  ],
  [
    /^ja\b/i,
    {
      sans: 'Hiragino Sans,Yu Gothic,Meiryo,Noto Sans CJK JP,Noto Sans JP',
      serif: 'Hiragino Mincho ProN,Yu Mincho,Noto Serif CJK JP,Noto Serif JP',
    },
  ],
  [
    /^ko\b/i,
    {
      sans: 'Apple SD Gothic Neo,Malgun Gothic,Noto Sans CJK KR,Noto Sans KR',
      serif: 'AppleMyungjo,Batang,Noto Serif CJK KR,Noto Serif KR',
    },
  ],
]

/** The named faces of a language that needs them, else null. */
export function facesOf(language: string): Faces | null {
  return FACES.find(([languages]) => languages.test(language))?.[1] ?? null
}

/** A font-family for text in this language. */
export function fontFor(font: ThemeFont, language: string): string {
  const faces = facesOf(language)
  const named = faces && (font === 'serif' ? faces.serif : faces.sans)
  return [LATIN[font], named, GENERIC[font]].filter(Boolean).join(',')
}
