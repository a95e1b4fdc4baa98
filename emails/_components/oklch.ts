/** Colour arithmetic in OKLCH (Björn Ottosson's OKLab), where lightness can move and the hue stays. */
export type Oklch = { lightness: number; chroma: number; hue: number }

type Triple = [number, number, number]

/** `#rrggbb`, lower case. */
function fullHex(hex: string): string {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(hex)?.slice(1)
  const full = short ? `#${short.map((digit) => digit + digit).join('')}` : hex
  if (!/^#[0-9a-f]{6}$/i.test(full)) throw new RangeError(`not a colour: ${hex}`)
  return full.toLowerCase()
}

function parseHex(hex: string): Triple {
  const full = fullHex(hex)
  return [1, 3, 5].map((at) => Number.parseInt(full.slice(at, at + 2), 16) / 255) as Triple
}

function toLinear(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
}

function fromLinear(channel: number): number {
  return channel <= 0.0031308 ? channel * 12.92 : 1.055 * channel ** (1 / 2.4) - 0.055
}

export function hexToOklch(hex: string): Oklch {
  const [r, g, b] = parseHex(hex).map(toLinear) as Triple
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  const a2 = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s
  const b2 = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s
  return {
    lightness: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    chroma: Math.hypot(a2, b2),
    hue: Math.atan2(b2, a2),
  }
}

function toRgb({ lightness, chroma, hue }: Oklch): Triple {
  const a = chroma * Math.cos(hue)
  const b = chroma * Math.sin(hue)
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
}

/** Less chroma until sRGB can show it; the hue is kept. */
export function oklchToHex(color: Oklch): string {
  let { chroma } = color
  let rgb = toRgb(color)
  while (chroma > 0 && rgb.some((channel) => channel < -0.0001 || channel > 1.0001)) {
    chroma = Math.max(0, chroma - 0.004)
    rgb = toRgb({ ...color, chroma })
  }
  const digits = rgb.map((channel) =>
    Math.round(fromLinear(Math.min(1, Math.max(0, channel))) * 255)
      .toString(16)
      .padStart(2, '0'),
  )
  return `#${digits.join('')}`
}

function luminance(hex: string): number {
  const [r, g, b] = parseHex(hex).map(toLinear) as Triple
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** WCAG 2.2: 1 to 21. */
export function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((x, y) => x - y) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

/** The colour itself where it is legible on all the backgrounds, else the nearest lightness that is. */
export function legibleOn(
  color: string,
  backgrounds: readonly string[],
  move: 'darker' | 'lighter',
  least = 4.5,
): string {
  const isLegible = (hex: string): boolean =>
    backgrounds.every((background) => contrast(hex, background) >= least)
  const start = hexToOklch(color)
  let hex = oklchToHex(start)
  if (isLegible(color)) return fullHex(color)
  for (let step = 1; step <= 100 && !isLegible(hex); step++) {
    const lightness = start.lightness + (move === 'darker' ? -0.01 : 0.01) * step
    hex = oklchToHex({ ...start, lightness: Math.min(1, Math.max(0, lightness)) })
  }
  return hex
}
