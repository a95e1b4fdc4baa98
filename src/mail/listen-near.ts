import type { Listen } from '../config.ts'

/** What listens: a server of node:net or node:http, or the one inside an SMTPServer. */
type Listener = {
  listen(port: number, host: string): unknown
  address(): { port: number } | string | null
  once(event: 'listening' | 'error', listener: (error?: Error) => void): unknown
  off(event: 'listening' | 'error', listener: (error?: Error) => void): unknown
}

/** Enough for a few of us, and of everything else that likes round numbers, on one machine. */
const PORTS_TRIED = 50

/**
 * Listens at the address; a port that is taken means the next free one. Port 0 asks for any.
 * @param options `tries`: ports after a taken one; 0 throws EADDRINUSE
 * @returns the port
 * @throws what `listen` of node:net throws
 */
export async function listenNear(
  server: Listener,
  { host, port }: Listen,
  { tries = PORTS_TRIED }: { tries?: number } = {},
): Promise<number> {
  for (let at = port; ; at++) {
    const error = await tryToListen(server, host, at)
    if (error === null) return (server.address() as { port: number }).port
    const isTaken = 'code' in error && error.code === 'EADDRINUSE'
    if (!isTaken || at >= 65_535 || at - port >= tries) throw error
  }
}

function tryToListen(server: Listener, host: string, port: number): Promise<Error | null> {
  return new Promise((resolve) => {
    const settle = (error?: Error) => {
      server.off('error', settle)
      server.off('listening', settle)
      resolve(error ?? null)
    }
    server.once('error', settle)
    server.once('listening', settle)
    server.listen(port, host)
  })
}
