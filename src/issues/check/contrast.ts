import { collectFindings } from '../finding.ts'
import type { Finding } from '../issue.ts'

/** Two colours of the look, as #rrggbb. `name`: where they meet, as in "link on paper, dark". */
export type ColourPair = { name: string; text: string; ground: string; isLarge?: boolean }

/** WCAG 2.2, 1.4.3: 4.5 : 1, and 3 : 1 for large text. */
export function checkContrast(pairs: readonly ColourPair[], { file }: { file: string }): Finding[] {
  const findings = collectFindings(file)
  for (const { name, text, ground, isLarge } of pairs) {
    const least = isLarge ? 3 : 4.5
    const found = contrastOf(text, ground)
    if (found >= least) continue
    findings.warning(null, {
      what: `too little contrast, ${found.toFixed(1)} : 1, of ${name}: ${text} on ${ground}`,
      why: `many cannot read it; ${least} : 1 is the least`,
      fix: 'choose a darker or a lighter colour for the newsletter',
    })
  }
  return findings.list
}

export function contrastOf(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

/** WCAG's relative luminance. */
function luminanceOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
