import { type Logger, pino } from 'pino'
import { messageOf } from './errors.ts'

export type Log = Logger

/** One JSON line an entry, to standard error. Ids only: never a full address, never a token. */
export function createLog(name: string, level = 'info'): Log {
  return pino({ name, level, base: { name } }, pino.destination({ dest: 2, sync: true }))
}

/** Looked for from the beginning of a word only: from each of its letters, 100 KB of one word took many seconds. */
const ADDRESS = /(?<![^\s<>"'(),:;@])[^\s<>"'(),:;@]+@[^\s<>"'(),:;@]+/gu

/** A server's words without the addresses in them: `user@a.example` becomes `u***@a.example`. */
export function maskAddresses(text: string): string {
  return text.replace(ADDRESS, (address) => {
    const at = address.lastIndexOf('@')
    return `${[...address][0]}***${address.slice(at)}`
  })
}

const LOG_EVERY_MS = 5_000

/** For what fails many times a second with the same words: while a server is away. @returns logs an error, now and then */
export function logNowAndThen(log: Log, fields: Record<string, unknown>, words: string) {
  let quietUntil = 0
  return (error: unknown): void => {
    const now = performance.now()
    if (now < quietUntil) return
    quietUntil = now + LOG_EVERY_MS
    log.warn({ ...fields, err: messageOf(error) }, words)
  }
}
