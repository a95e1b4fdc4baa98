import { Readable } from 'node:stream'

const NAMES = ['Ada', '晓雨', 'Marta', '子涵', 'Tomás', 'Ines', '若溪', 'Noor'] as const
/** Names enough for an issue that greets each reader; domains enough to look like a list. */
const DOMAINS = 40
const LINES_AT_ONCE = 1_000

/** The CSV of so many readers, all at reserved domains. */
export function benchReaders(recipients: number): Readable {
  return Readable.from(chunks(recipients))
}

function* chunks(recipients: number): Generator<Buffer> {
  yield Buffer.from('email,first_name\n')
  for (let from = 0; from < recipients; from += LINES_AT_ONCE) {
    const lines = Array.from({ length: Math.min(LINES_AT_ONCE, recipients - from) }, (_, index) => {
      const number = from + index
      return `reader-${number}@domain-${number % DOMAINS}.test,${NAMES[number % NAMES.length]}\n`
    })
    yield Buffer.from(lines.join(''))
  }
}
