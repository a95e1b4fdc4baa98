import { connect, createServer, type Socket } from 'node:net'
import type { Server } from './smtp-sink.ts'

/** SYN, SYN and ACK, ACK. */
const HANDSHAKE_WAYS = 3

/**
 * Between a sender and its server: whatever is said arrives so much later, in each direction, in the order in which it was
 * said, however much it is. A link without a limit: a real one would take a few round trips to come to its speed. The
 * handshake takes as long as it would there: the server hears of a connection when its third packet has come.
 */
export async function startDelayProxy(target: number, delayMs: number): Promise<Server> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
    sockets.add(near)
    near.on('error', () => near.destroy()).on('close', () => sockets.delete(near))
    setTimeout(() => join(near), HANDSHAKE_WAYS * delayMs)
  })
  const join = (near: Socket) => {
    if (near.destroyed) return
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => setTimeout(() => to.write(chunk), delayMs))
      from.on('end', () => setTimeout(() => to.end(), delayMs))
      from.on('error', () => to.destroy()).on('close', () => sockets.delete(from))
    }
    near.resume()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    name: `${2 * delayMs} ms away`,
    port: (server.address() as { port: number }).port,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
