import { type Logger, pino } from 'pino'

export type Log = Logger

/** One JSON line an entry, to standard error. Ids only: never a full address, never a token. */
export function createLog(name: string, level = 'info'): Log {
  return pino({ name, level, base: { name } }, pino.destination({ dest: 2, sync: true }))
}

const ADDRESS = /[^\s<>"'(),:;@]+@[^\s<>"'(),:;@]+/gu

/** A server's words without the addresses in them: `user@a.example` becomes `u***@a.example`. */
export function maskAddresses(text: string): string {
  return text.replace(ADDRESS, (address) => {
    const at = address.lastIndexOf('@')
    return `${[...address][0]}***${address.slice(at)}`
  })
}
