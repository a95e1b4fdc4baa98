import { connect, createServer, type Socket } from 'node:net'

/** Stands between a client and Postgres, and loses answers. */
export type PostgresProxy = Readonly<{
  url: string
  /** How many answers were lost. */
  lost(): number
  close(): Promise<void>
}>

/**
 * Of the statements that `isLost` knows every `nth` reaches Postgres and is done there, but the connection is cut before
 * the client hears of it.
 * @param isLost told a packet of the client, and all that it has sent on that connection since its last `begin`
 */
export async function startPostgresProxy(
  url: string,
  isLost: (packet: string, since: string) => boolean,
  nth: number,
): Promise<PostgresProxy> {
  const target = new URL(url)
  const postgres = { host: target.hostname, port: Number(target.port), noDelay: true }
  const sockets = new Set<Socket>()
  let known = 0
  let lost = 0
  const server = createServer((client) => {
    const upstream = connect(postgres)
    let since = ''
    let isDeaf = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    const named = createNamedStatements()
    client.on('data', (octets) => {
      const packet = named(octets.toString('latin1'))
      since = /\bbegin\b/.test(packet) ? packet : since + packet
      if (isLost(packet, since)) {
        known += 1
        isDeaf = known % nth === 0
        if (isDeaf) lost += 1
      }
      upstream.write(octets)
    })
    upstream.on('data', (octets) => {
      if (isDeaf) client.destroy()
      else client.write(octets)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  target.port = String((server.address() as { port: number }).port)
  return Object.freeze({
    url: target.href,
    lost: () => lost,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  })
}

/** A packet with the texts of the prepared statements that it runs: it names them by what db/prepared.ts calls them. */
function createNamedStatements(): (packet: string) => string {
  const texts = new Map<string, string>()
  return (packet) => {
    for (const [, name = '', text = ''] of packet.matchAll(
      /P[\s\S]{4}([0-9a-f]{32})\0([^\0]*)\0/g,
    )) {
      texts.set(name, text)
    }
    const run = [...packet.matchAll(/B[\s\S]{4}\0([0-9a-f]{32})\0/g)]
    return [packet, ...run.map(([, name = '']) => texts.get(name) ?? '')].join('\n')
  }
}
