/** `at` and `after`: where it starts in the text, and where the next one does. `number` counts from 1. */
export type Line = { text: string; at: number; after: number; number: number }

/** One by one: the text may be long, and the answer near. */
export function* linesOf(text: string, from: number): Generator<Line> {
  let at = from
  for (let number = 1; at < text.length; number++) {
    const stop = text.indexOf('\n', at)
    const after = stop === -1 ? text.length : stop + 1
    yield { text: text.slice(at, stop === -1 ? text.length : stop), at, after, number }
    at = after
  }
}
