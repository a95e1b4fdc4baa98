import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hexToOklch } from '../../emails/_components/oklch.ts'
import { styleSheet } from '../../emails/style-sheet.ts'
import { directionOf, makeTheme } from '../../emails/theme.ts'

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

test('the style sheet says the dark palette to media queries and to Outlook’s marks alike', () => {
  const { dark } = makeTheme('#b4532a', 'en')
  const css = styleSheet(makeTheme('#b4532a', 'en'))
  expect(css).toContain('@media (prefers-color-scheme:dark)')
  expect(css).toContain(`[data-ogsb] .paper{background-color:${dark.paper}!important}`)
  expect(css).toContain(`color:${dark.ink}!important`)
  expect(css).toMatch(/\[data-ogsc\] \.ink[,{]/)
})
