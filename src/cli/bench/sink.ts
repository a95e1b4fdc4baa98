import { createServer, type Socket } from 'node:net'

export type SinkCount = Readonly<{ messages: number; bytes: number }>
export type BenchSink = Readonly<{ port: number; count(): SinkCount; close(): Promise<void> }>

const CRLF = '\r\n'
const END_OF_DATA = Buffer.from('\r\n.\r\n')
const EXTENSIONS = ['PIPELINING', 'CHUNKING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES']

/** Takes every message and keeps none: it measures who sends, so it does as little as a server can (RFC 5321, 2920, 3030). */
export async function startBenchSink(): Promise<BenchSink> {
  const total = { messages: 0, bytes: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    const take = talk(total)
    socket.write(`220 bench.test ESMTP${CRLF}`)
    socket.on('data', (chunk) => {
      total.bytes += chunk.length
      const replies = take(chunk)
      if (replies !== '') socket.write(replies)
      if (replies.endsWith(`221 2.0.0 bye${CRLF}`)) socket.end()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as { port: number }).port,
    count: () => ({ ...total }),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** One connection's side of it: octets in, replies out. */
function talk(total: { messages: number }): (chunk: Buffer) => string {
  let rest: Buffer = Buffer.alloc(0)
  let inData = false
  /** Of a BDAT: octets that are still to come. */
  let chunk: { left: number; isLast: boolean } | null = null
  const takeMessage = (): string | null => {
    const end = rest.indexOf(END_OF_DATA)
    // Its end may lie in two packets.
    rest = rest.subarray(end === -1 ? -(END_OF_DATA.length - 1) : end + END_OF_DATA.length)
    if (end === -1) return null
    inData = false
    total.messages += 1
    return `250 2.0.0 queued${CRLF}`
  }
  const takeChunk = ({ left, isLast }: { left: number; isLast: boolean }): string | null => {
    chunk = rest.length < left ? { left: left - rest.length, isLast } : null
    rest = rest.subarray(Math.min(left, rest.length))
    if (chunk !== null) return null
    if (isLast) total.messages += 1
    return `250 2.0.0 ${isLast ? 'queued' : 'ok'}${CRLF}`
  }
  const takeLine = (): string | null => {
    const end = rest.indexOf(CRLF)
    if (end === -1) return null
    const line = rest.subarray(0, end).toString('latin1').toUpperCase()
    inData = line === 'DATA'
    const [, octets, last] = /^BDAT (\d+)( LAST)?$/.exec(line) ?? []
    if (octets !== undefined) chunk = { left: Number(octets), isLast: last !== undefined }
    // An empty message ends at once: what stands before its dot is the end of this line.
    rest = rest.subarray(inData ? end : end + CRLF.length)
    // Answered when its octets are there.
    return chunk === null ? answer(line) : ''
  }
  return (packet) => {
    rest = rest.length > 0 ? Buffer.concat([rest, packet]) : packet
    let replies = ''
    for (;;) {
      const reply = chunk ? takeChunk(chunk) : inData ? takeMessage() : takeLine()
      if (reply === null) return replies
      replies += reply
    }
  }
}

function answer(line: string): string {
  if (line === 'DATA') return `354 go ahead${CRLF}`
  if (line === 'QUIT') return `221 2.0.0 bye${CRLF}`
  if (!line.startsWith('EHLO')) return `250 2.0.0 ok${CRLF}`
  return ['bench.test', ...EXTENSIONS]
    .map((word, index, all) => `250${index === all.length - 1 ? ' ' : '-'}${word}${CRLF}`)
    .join('')
}
