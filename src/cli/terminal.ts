import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { padEnd, progressText, tableLines } from './format.ts'

type Style = Parameters<typeof styleText>[0]
type Output = Writable & { isTTY?: boolean; columns?: number }

/** How a command speaks: one line a step, colour only on a terminal, one JSON object a line for machines. */
export type Terminal = Readonly<{
  json: boolean
  /** Someone is here to be asked. */
  interactive: boolean
  done(verb: string, what: string, detail?: string): void
  warn(verb: string, what: string, detail?: string): void
  /** Something is wrong with what was looked at. */
  wrong(verb: string, what: string, detail?: string): void
  /** It ends here: goes to standard error, also under --json. */
  fail(message: string): void
  /** A line without a mark. */
  note(text: string): void
  /** What belongs to the step above, under what it says. */
  more(text: string): void
  heading(text: string): void
  table(head: readonly string[], rows: readonly (readonly string[])[]): void
  /** Redraws one line on a terminal; silent elsewhere. `total` null: unknown. */
  progress(verb: string, count: number, total: number | null, perSecond: number): void
  /** Ends the progress line. */
  progressDone(): void
  /** The object that machines read; nothing under a person's eyes. */
  object(value: unknown): void
  /** Text as it is (rendered mail, a DNS record), in both modes. */
  raw(text: string): void
}>

const VERB_COLUMNS = 10
/** Mark, verb and the spaces behind them. */
const STEP_COLUMNS = VERB_COLUMNS + 3

type Options = Readonly<{
  json: boolean
  stdin: { isTTY?: boolean }
  stdout: Output
  stderr: Output
  env: Readonly<Record<string, string | undefined>>
}>

export function createTerminal(options: Options): Terminal {
  const { json, stdin, stdout, stderr } = options
  const { paint, line, draw, clear, isWatched } = createPen(options)
  const step = (mark: string) => (verb: string, what: string, detail?: string) =>
    line(
      `${mark} ${padEnd(verb, VERB_COLUMNS)} ${what}${detail ? `   ${paint('dim', detail)}` : ''}`,
    )
  return Object.freeze({
    json,
    interactive: isWatched && Boolean(stdin.isTTY),
    done: step(paint('green', '✓')),
    warn: step(paint('yellow', '!')),
    wrong: step(paint('red', '✗')),
    fail(message) {
      clear()
      stderr.write(`${stderr.isTTY ? paint('red', '✗') : '✗'} ${message}\n`)
    },
    note: (text) => line(`  ${text}`),
    more: (text) => line(' '.repeat(STEP_COLUMNS) + paint('dim', text)),
    heading: (text) => line(`\n${paint('bold', text)}`),
    table: (head, rows) => tableLines(head, rows).forEach(line),
    progress(verb, count, total, perSecond) {
      const room = (stdout.columns ?? 80) - STEP_COLUMNS - 1
      draw(`  ${padEnd(verb, VERB_COLUMNS)} ${progressText(count, total, perSecond, room)}`)
    },
    progressDone: clear,
    object(value) {
      if (json) stdout.write(`${JSON.stringify(value)}\n`)
    },
    raw(text) {
      clear()
      stdout.write(text.endsWith('\n') ? text : `${text}\n`)
    },
  } satisfies Terminal)
}

/** Writes for people: nothing under --json, colour and redrawn lines on a terminal alone. */
function createPen({ json, stdout, env }: Options) {
  const isWatched = Boolean(stdout.isTTY) && !json
  const isColoured = Boolean(stdout.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb'
  let isDrawn = false
  const clear = () => {
    if (isDrawn) stdout.write('\r\u001b[2K')
    isDrawn = false
  }
  return {
    isWatched,
    clear,
    paint: (style: Style, text: string) =>
      isColoured ? styleText(style, text, { validateStream: false }) : text,
    line(text: string) {
      if (json) return
      clear()
      stdout.write(`${text}\n`)
    },
    draw(text: string) {
      if (!isWatched) return
      isDrawn = true
      stdout.write(`\r\u001b[2K${text}`)
    },
  }
}
