import type { Place } from './compiled.ts'

/** Where a hole stands, or in words where it must not. */
export type PlaceResult = { place: Place } | { where: string }

/**
 * Where in an address a hole stands, from what is written before it. Scheme and host must be the editor's own
 * words, up to the slash: a reader's value must never decide where a link leads.
 */
export function urlPlace(before: string): PlaceResult {
  if (/^#/.test(before)) return { place: 'url-query' }
  if (/^mailto:/i.test(before)) {
    return before.includes('?') ? { place: 'url-query' } : { where: "a link's mail address" }
  }
  const origin = /^https?:\/\/[^/?#\\\s@]+[/?#]/i.exec(before)
  if (!origin) return { where: "a link's scheme or host" }
  return { place: /[?#]/.test(before) ? 'url-query' : 'url-path' }
}
