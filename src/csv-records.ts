/** One record of a CSV, not yet cut into fields. `line`: where it begins, 1-based. */
export type CsvRecord = Readonly<{ line: number; text: string }>
export type CsvPiece = CsvRecord | Readonly<{ line: number; what: string }>

/** Longer than any address book has them: past that a quotation mark is taken to be left open. */
const LONGEST = { lines: 50, characters: 100_000 }

/**
 * Cuts a CSV into records, a quoted field's line breaks kept. A quotation mark that is left open, or closed in mid-field,
 * costs the one line that it stands in: reading goes on with the next line, not after whatever it would have swallowed.
 * @param chunks decoded text, cut anywhere
 */
export async function* csvRecords(
  chunks: AsyncIterable<string>,
  delimiter: (header: string) => string,
): AsyncGenerator<CsvPiece> {
  const window: Line[] = []
  let mark: string | null = null
  for await (const line of linesOf(chunks)) {
    window.push(line)
    mark ??= delimiter(line.text)
    yield* takeRecords(window, mark, false)
  }
  yield* takeRecords(window, mark ?? ',', true)
}

type Line = Readonly<{ number: number; text: string }>

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<Line> {
  let rest = ''
  let number = 0
  for await (const chunk of chunks) {
    rest += chunk
    // A CR at the end may be the first half of CRLF.
    const end = rest.endsWith('\r') ? rest.length - 1 : rest.length
    const lines = rest.slice(0, end).split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? '') + rest.slice(end)
    for (const text of lines) yield { number: ++number, text }
  }
  for (const text of rest.split(/\r\n|\n|\r/)) yield { number: ++number, text }
}

/** Takes what is whole from the front of the window; leaves lines that may belong to a record that goes on. */
function* takeRecords(window: Line[], mark: string, atEnd: boolean): Generator<CsvPiece> {
  while (window.length > 0) {
    const first = window[0] as Line
    const verdict = readRecord(window, mark)
    if (verdict === 'open' && !atEnd) return
    if (typeof verdict === 'string') {
      yield { line: first.number, what: WHAT[verdict] }
      window.shift()
    } else {
      const text = window.splice(0, verdict.lines).map((line) => line.text)
      yield { line: first.number, text: text.join('\n') }
    }
  }
}

const WHAT = {
  open: 'a quotation mark is opened and never closed',
  endless: 'a quotation mark is opened and never closed',
  broken: 'a quotation mark stands in the middle of a field',
} as const

type Verdict = keyof typeof WHAT | Readonly<{ lines: number }>

/** How many lines of the window the record at its front has. */
function readRecord(window: readonly Line[], mark: string): Verdict {
  let quoted = false
  let characters = 0
  for (const [index, { text }] of window.entries()) {
    if (!quoted && !text.includes('"')) return { lines: index + 1 }
    const state = readLine(text, mark, quoted)
    if (state === 'broken') return 'broken'
    if (state === 'whole') return { lines: index + 1 }
    quoted = true
    characters += text.length
    if (index + 1 >= LONGEST.lines || characters > LONGEST.characters) return 'endless'
  }
  return 'open'
}

/** `quoted`: whether the line begins inside a quoted field. A mark inside a field that is not quoted is a letter. */
function readLine(text: string, mark: string, quoted: boolean): 'whole' | 'quoted' | 'broken' {
  let inside = quoted ? 0 : nextQuoted(text, mark, 0)
  while (inside !== null) {
    const close = closingMark(text, inside)
    if (close < 0) return 'quoted'
    if (close === text.length - 1) return 'whole'
    if (text[close + 1] !== mark) return 'broken'
    inside = nextQuoted(text, mark, close + 2)
  }
  return 'whole'
}

/** Where the next quoted field's content begins; a field begins at `from`. */
function nextQuoted(text: string, mark: string, from: number): number | null {
  if (text[from] === '"') return from + 1
  const next = text.indexOf(`${mark}"`, from)
  return next < 0 ? null : next + 2
}

/** Where the quoted field ends: a mark that is not doubled. */
function closingMark(text: string, from: number): number {
  let at = text.indexOf('"', from)
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2)
  return at
}
