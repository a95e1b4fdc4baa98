import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

export type Step = {
  kind: 'greeting' | 'ehlo' | 'mail' | 'rcpt' | 'data' | 'dot' | 'bdat' | 'rset' | 'quit' | 'other'
  /** Counts connections, and on each the steps of this kind; from 1. */
  connection: number
  nth: number
  line: string
  socket: Socket
}

export type Script = {
  pipelining?: boolean
  extensions?: string[]
  /** What to say instead of the usual; null: nothing. `HOLD` at its end: nothing is read or answered after it. */
  answer?: (step: Step) => string | null | undefined
  /** TLS from the first octet. */
  tls?: { cert: Buffer; key: Buffer }
  /** Each octet is a packet of its own. */
  drip?: boolean
  /** Replies come so much later. */
  lateMs?: number
  /** The first connection is cut when so many octets were read of it. */
  cutAfter?: number
}

export const HOLD = '\u0000hold'

export type ScriptedServer = {
  port: number
  /** What came, a chunk each, as Latin-1. */
  chunks: string[]
  /** The recipients of messages that were read to their final dot, or to the last octet of a BDAT, by connection. */
  whole: { to: string; connection: number; data: string }[]
  /** Commands that came before the reply to the one before. */
  hasty: string[]
  connections(): number
  close(): Promise<void>
}

const USUAL = {
  ...{ greeting: '220 script.test', mail: '250 2.1.0 ok', rcpt: '250 2.1.5 ok', data: '354 go' },
  ...{
    dot: '250 2.0.0 taken',
    bdat: '250 2.0.0 taken',
    rset: '250 2.0.0 ok',
    quit: '221 2.0.0 bye',
    other: '500 5.5.1 what',
  },
}

const KNOWN = ['ehlo', 'mail', 'rcpt', 'data', 'rset', 'quit'] as const

/** A server that says what it is told, all replies to one packet in one packet, and keeps what it read octet for octet. */
export async function startScript(script: Script = {}): Promise<ScriptedServer> {
  const server: Omit<ScriptedServer, 'port' | 'connections' | 'close'> = {
    chunks: [],
    whole: [],
    hasty: [],
  }
  const sockets = new Set<Socket>()
  let connections = 0
  const onSocket = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    serve(script, server, socket, ++connections)
  }
  const listener = script.tls
    ? createTlsServer(script.tls, onSocket)
    : createServer({ noDelay: true }, onSocket)
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    ...server,
    port: (listener.address() as AddressInfo).port,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

function serve(
  script: Script,
  server: Pick<ScriptedServer, 'chunks' | 'whole' | 'hasty'>,
  socket: Socket,
  connection: number,
): void {
  const { pipelining = true, extensions = [] } = script
  const counts = new Map<string, number>()
  let [text, octets, inData, to, out, held] = ['', 0, false, '', '', false]
  /** Octets of a BDAT that are still to come, with its line. */
  let chunk: { length: number; line: string } | null = null
  let isRefused = false
  const ehlo = () => {
    const lines = ['script.test', ...(pipelining ? ['PIPELINING'] : []), ...extensions]
    return lines.map((line, i) => `250${i === lines.length - 1 ? ' ' : '-'}${line}`).join('\r\n')
  }
  const say = (kind: Step['kind'], line = ''): string | null => {
    const nth = (counts.get(kind) ?? 0) + 1
    counts.set(kind, nth)
    const told = script.answer?.({ kind, connection, nth, line, socket })
    const answer = told === undefined ? (kind === 'ehlo' ? ehlo() : USUAL[kind]) : told
    if (answer?.endsWith(HOLD)) {
      held = true
      out += answer.slice(0, -HOLD.length)
    } else if (answer !== null)
      out += `${answer}
`
    return answer
  }
  const flush = () => {
    const packets = script.drip ? [...out] : [out]
    out = ''
    const { lateMs = 0 } = script
    for (const packet of packets) {
      if (packet === '') continue
      if (lateMs > 0) setTimeout(() => socket.write(packet, 'latin1'), lateMs)
      else socket.write(packet, 'latin1')
    }
  }
  const takeMessage = (): boolean => {
    const end = `\r\n${text}`.indexOf('\r\n.\r\n')
    if (end < 0) return false
    server.whole.push({ to, connection, data: text.slice(0, end) })
    text = text.slice(end + 3)
    inData = false
    say('dot')
    return true
  }
  /** RFC 3030: what it cannot take it reads all the same. */
  const takeChunk = ({ length, line }: { length: number; line: string }): boolean => {
    if (text.length < length) return false
    if (!isRefused) server.whole.push({ to, connection, data: text.slice(0, length) })
    text = text.slice(length)
    chunk = null
    say('bdat', line)
    return true
  }
  const noteRefusal = (kind: Step['kind'], answer: string | null) => {
    if (kind === 'mail') isRefused = false
    if (kind === 'mail' || kind === 'rcpt') isRefused ||= !/^2/.test(answer ?? '2')
  }
  const takeLine = (): boolean => {
    const end = text.indexOf('\r\n')
    if (end < 0) return false
    const line = text.slice(0, end)
    text = text.slice(end + 2)
    const verb = line.split(/[ :]/)[0]?.toLowerCase() ?? ''
    if (verb === 'bdat') {
      chunk = { length: Number(line.split(' ')[1]), line }
      return true
    }
    const kind = KNOWN.find((each) => each === verb) ?? 'other'
    if (!pipelining && text !== '') server.hasty.push(text)
    if (kind === 'rcpt') to = /<(.*)>/.exec(line)?.[1] ?? ''
    const answer = say(kind, line)
    noteRefusal(kind, answer)
    if (kind === 'data' && answer?.startsWith('354')) inData = true
    return true
  }
  say('greeting')
  flush()
  const takeOne = () => (chunk ? takeChunk(chunk) : inData ? takeMessage() : takeLine())
  socket.on('data', (packet) => {
    const isCut = connection === 1 && script.cutAfter !== undefined
    const rest = isCut ? packet.subarray(0, Math.max(0, (script.cutAfter ?? 0) - octets)) : packet
    octets += rest.length
    server.chunks.push(rest.toString('latin1'))
    text += rest.toString('latin1')
    while (!held && takeOne());
    flush()
    if (isCut && octets >= (script.cutAfter ?? 0)) socket.resetAndDestroy()
  })
}
