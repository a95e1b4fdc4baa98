import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hexToOklch } from '../../emails/_components/oklch.ts'
import { styleSheet } from '../../emails/style-sheet.ts'
import { directionOf, makeTheme } from '../../emails/theme.ts'
import { DEFAULT_CHOICES } from '../../emails/theme-choices.ts'
import { wordsFor } from '../../emails/words.ts'
import { readTheme } from '../../src/messages/design.ts'

/** WCAG 2.2, written apart from the code that it checks. */
function contrast(one: string, other: string): number {
  const luminance = (hex: string): number => {
    const weights = [0.2126, 0.7152, 0.0722]
    return weights.reduce((sum, weight, i) => {
      const channel = Number.parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16) / 255
      return (
        sum + weight * (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4)
      )
    }, 0)
  }
  const pair = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return ((pair[0] ?? 0) + 0.05) / ((pair[1] ?? 0) + 0.05)
}

const hexColor = fc
  .integer({ min: 0, max: 0xffffff })
  .map((number) => `#${number.toString(16).padStart(6, '0')}`)

describe('a palette', () => {
  test('is legible whatever the brand colour, on light and on dark', () => {
    fc.assert(
      fc.property(hexColor, (brand) => {
        const theme = makeTheme(brand, 'en')
        for (const { accent, accentText, ink, quiet, paper, page, soft } of [
          theme.light,
          theme.dark,
        ]) {
          for (const background of [paper, page, soft]) {
            expect(contrast(accent, background)).toBeGreaterThanOrEqual(4.5)
            expect(contrast(ink, background)).toBeGreaterThanOrEqual(7)
            expect(contrast(quiet, background)).toBeGreaterThanOrEqual(4.5)
          }
          expect(contrast(accentText, accent)).toBeGreaterThanOrEqual(4.5)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('leaves a brand colour that is legible as it is', () => {
    expect(makeTheme('#B4532A', 'en').light.accent).toBe('#b4532a')
  })

  test('keeps the brand’s hue when it moves the lightness', () => {
    for (const brand of ['#ffcc00', '#7fd3ff', '#ff5fa2', '#9be15d']) {
      const moved = hexToOklch(makeTheme(brand, 'en').light.accent).hue
      expect(Math.abs(moved - hexToOklch(brand).hue)).toBeLessThan(0.1)
    }
  })

  test('takes three digits, and says what is no colour', () => {
    expect(makeTheme('#06c', 'en').light.accent).toBe('#0066cc')
    expect(() => makeTheme('red;}body{display:none', 'en')).toThrow(RangeError)
  })
})

describe('a language', () => {
  test.each([
    ['zh-CN', 'PingFang SC', '1.8'],
    ['zh', 'PingFang SC', '1.8'],
    ['zh-TW', 'PingFang TC', '1.8'],
    ['zh-Hant-HK', 'PingFang TC', '1.8'],
    ['ja', 'Hiragino Sans', '1.8'],
    ['ko-KR', 'Apple SD Gothic Neo', '1.8'],
    ['en-GB', 'Segoe UI', '1.65'],
  ])('%s names its own faces', (language, face, lineHeight) => {
    const theme = makeTheme('#b4532a', language)
    expect(theme.font).toContain(face)
    expect(theme.font).not.toMatch(/["']/)
    expect(theme.lineHeight).toBe(lineHeight)
  })

  test.each([
    ['fa', 'rtl'],
    ['ar-EG', 'rtl'],
    ['he', 'rtl'],
    ['pa-Arab', 'rtl'],
    ['en', 'ltr'],
    ['zh-CN', 'ltr'],
    ['fr-FR', 'ltr'],
  ])('%s runs %s', (language, direction) => {
    expect(directionOf(language)).toBe(direction)
  })
})

describe('the choices of a newsletter', () => {
  test('have defaults that are whole, and the measure follows the language', () => {
    expect(readTheme(null)).toEqual({ ok: true, theme: DEFAULT_CHOICES })
    expect(readTheme({ itemStyle: 'card' })).toMatchObject({ theme: { contents: 'auto' } })
    expect(makeTheme('#b4532a', 'en').width).toBe(600)
    expect(makeTheme('#b4532a', 'ja').width).toBe(640)
    expect(makeTheme('#b4532a', 'ja', { ...DEFAULT_CHOICES, width: 500 }).width).toBe(500)
  })

  test.each([
    [{ width: 641 }, 'width'],
    [{ width: 479 }, 'width'],
    [{ itemStyle: 'fancy' }, 'itemStyle'],
    [{ textFont: 'Comic Sans' }, 'textFont'],
    [{ logo: { url: 'javascript:alert(1)', width: 10, height: 20 } }, 'logo.url'],
    [{ logo: { url: 'https://l.example/l.png', width: 600, height: 20 } }, 'logo.width'],
    [{ css: 'body{display:none}' }, 'css'],
    ['{}', ''],
  ])('are refused where %j is out of bounds, with the field', (value, field) => {
    const read = readTheme(value)
    expect(read.ok ? [] : read.problems.map((problem) => problem.field)).toContain(field)
  })

  test('name the faces of the language beside serif and mono too', () => {
    const serif = makeTheme('#b4532a', 'zh-TW', { ...DEFAULT_CHOICES, textFont: 'serif' })
    expect(serif.font).toMatch(/^Georgia,.*Songti TC,.*,serif$/)
    const mono = makeTheme('#b4532a', 'ja', { ...DEFAULT_CHOICES, textFont: 'mono' })
    expect(mono.font).toMatch(/^Consolas,.*Hiragino Sans,.*,monospace$/)
  })
})

describe('the words around an issue', () => {
  test.each(['de', 'en', 'es', 'fa', 'fr', 'ja', 'ko', 'ru', 'zh-CN', 'zh-TW'])(
    'in %s name the newsletter and the address where they must',
    (language) => {
      const words = wordsFor(language)
      expect(words.language).toBe(language)
      const named = [
        words.whyIssue('N-N').join(''),
        words.confirm.subject('N-N'),
        words.confirm.lead('N-N', 'a@b.example'),
        words.welcome.subject('N-N'),
        words.welcome.lead('N-N', 'a@b.example'),
        words.test.lead('N-N'),
        words.stay.subject('N-N'),
        words.whySystem('N-N'),
        words.whyNotice('N-N'),
      ]
      for (const phrase of named) expect(phrase).toContain('N-N')
      expect(words.confirm.lead('N-N', 'a@b.example')).toContain('a@b.example')
      expect(words.welcome.lead('N-N', 'a@b.example')).toContain('a@b.example')
      expect(words.confirm.ifNotYou(14)).toMatch(/14|۱۴/)
      expect(words.unsubscribe).not.toBe('')
    },
  )

  test('are English where we have none', () => {
    expect(wordsFor('th').language).toBe('en')
    expect(wordsFor('constructor').language).toBe('en')
    expect(wordsFor('zh-Hant-HK').language).toBe('zh-TW')
    expect(wordsFor('de-CH').language).toBe('de')
  })
})

test('what stands in the style sheet for Word alone is taken back for all others', () => {
  const css = styleSheet(makeTheme('#b4532a', 'en'))
  expect(css).toContain('.column{width:600px}@media (min-width:1px){.column{width:100%!important}}')
})

test('the style sheet says the dark palette to media queries and to Outlook’s marks alike', () => {
  const { dark } = makeTheme('#b4532a', 'en')
  const css = styleSheet(makeTheme('#b4532a', 'en'))
  expect(css).toContain('@media (prefers-color-scheme:dark)')
  expect(css).toContain(`[data-ogsb] .paper{background-color:${dark.paper}!important}`)
  expect(css).toContain(`color:${dark.ink}!important`)
  expect(css).toMatch(/\[data-ogsc\] \.ink[,{]/)
})
