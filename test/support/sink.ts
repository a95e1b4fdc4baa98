import { appendFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A message that a sink has received whole, up to its final dot. */
export type SinkEntry = {
  /** Milliseconds since 1970 of the final dot, and of the MAIL FROM and the DATA before it. */
  at: number
  begunAt: number
  dataAt: number
  /** That MAIL FROM came after this moment, at which the sink had read all that had come: it may have been kept from its processor since. */
  begunAfter: number
  from: string
  to: string
  messageId: string | null
  /** Whom it greets ("Reader 7"), and the address behind its List-Unsubscribe. */
  greets: string[]
  unsubscribe: string | null
  octets: number
  connection: number
  /** No reply was given when it came: see `withhold`. */
  withheld: boolean
  /** What was on the wire, dots stuffed, octets as Latin-1; with `keepData`. */
  data?: string
}

export type SinkPhase =
  | 'greeting'
  | 'ehlo'
  | 'helo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'middle'
  | 'dot'
  | 'rset'
/** A reply without its CRLF, or `close` (FIN), `reset` (RST), `silence` (never an answer). */
export type SinkAction = string
/** One action is for always, a list for as many times. */
export type SinkReplies = Partial<Record<SinkPhase, SinkAction | SinkAction[]>>

export type SinkOptions = {
  port?: number
  /** One JSON line an entry, written before the reply. */
  log?: string
  /** Before the reply to the final dot, and before every other reply. */
  dotDelayMs?: number
  replyDelayMs?: number
  replies?: SinkReplies
  /** Advertise AUTH and take only this login; without it AUTH is not offered. */
  login?: { user: string; password: string }
  /** Further lines of the EHLO reply, such as STARTTLS. */
  extensions?: string[]
  pipelining?: boolean
  keepData?: boolean
  /** Know how late it may have read what had come: see `begunAfter`. Otherwise that is `begunAt`. */
  watchesItself?: boolean
}

export type SinkCounts = { connections: number; open: number; auths: number; messages: number }

/** A mail server for tests that tells what it saw and misbehaves as it is told. */
export type Sink = {
  port: number
  entries(): Promise<SinkEntry[]>
  counts(): Promise<SinkCounts>
  /** From now on the final dot gets no reply; the messages are logged as received. */
  withhold(): Promise<void>
  /** Answers all that is withheld, and from now on at once. */
  release(): Promise<void>
  /** How many wait for a reply to their final dot now. */
  withheld(): Promise<number>
  set(
    options: Pick<SinkOptions, 'dotDelayMs' | 'replyDelayMs' | 'replies' | 'login'>,
  ): Promise<void>
  /** Cuts all connections. */
  cut(): Promise<void>
  close(): Promise<void>
}

type State = {
  options: SinkOptions
  entries: SinkEntry[]
  sockets: Set<Socket>
  counts: { connections: number; auths: number }
  gate: { promise: Promise<void>; open: () => void; waiting: Set<Socket> } | null
  /** The last two moments at which its event loop came round. */
  awake: [number, number] | null
}

const WATCH_MS = 5

export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const state: State = {
    options: { pipelining: true, ...options },
    entries: [],
    sockets: new Set(),
    counts: { connections: 0, auths: 0 },
    gate: null,
    awake: options.watchesItself ? [Date.now(), Date.now()] : null,
  }
  const server = createServer({ noDelay: true }, (socket) => {
    state.sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => state.sockets.delete(socket))
    void serve(state, socket).catch(() => socket.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  // Timers come before what was read, so after a stall the last moment is that of now, and the one before it counts.
  const watch = setInterval(() => {
    if (state.awake) state.awake = [state.awake[1], Date.now()]
    else clearInterval(watch)
  }, WATCH_MS)
  server.on('close', () => clearInterval(watch))
  return handle(state, server)
}

function handle(state: State, server: Server): Sink {
  const cut = async () => {
    for (const socket of state.sockets) socket.destroy()
  }
  const release = async () => {
    state.gate?.open()
    state.gate = null
  }
  return {
    port: (server.address() as { port: number }).port,
    entries: async () => [...state.entries],
    counts: async () => ({
      ...state.counts,
      open: state.sockets.size,
      messages: state.entries.length,
    }),
    async withhold() {
      let open = () => {}
      const promise = new Promise<void>((resolve) => {
        open = resolve
      })
      state.gate ??= { promise, open, waiting: new Set() }
    },
    release,
    withheld: async () => [...(state.gate?.waiting ?? [])].filter((s) => !s.destroyed).length,
    async set(options) {
      Object.assign(state.options, options)
    },
    cut,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      await release()
      await cut()
      await closed
    },
  }
}

type Wire = {
  line(): Promise<string | null>
  data(onFirst: () => Promise<boolean>): Promise<string | null>
}

/** Reads commands and messages from a socket, octets as Latin-1. */
function readWire(socket: Socket): Wire {
  let text = ''
  let ended = false
  let wake = () => {}
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    text += chunk
    wake()
  })
  const end = () => {
    ended = true
    wake()
  }
  socket.on('end', end)
  socket.on('close', end)
  const more = async () => {
    if (ended) return false
    await new Promise<void>((resolve) => {
      wake = resolve
    })
    return true
  }
  /** The text up to `end`, which is dropped with it. */
  const upTo = async (end: string): Promise<string | null> => {
    for (let at = text.indexOf(end); ; at = text.indexOf(end)) {
      if (at >= 0) {
        const taken = text.slice(0, at)
        text = text.slice(at + end.length)
        return taken
      }
      if (!(await more())) return null
    }
  }
  return {
    line: () => upTo('\r\n'),
    async data(onFirst) {
      if (text === '' && !(await more())) return null
      if (!(await onFirst())) return null
      text = `\r\n${text}`
      const data = await upTo('\r\n.\r\n')
      return data && `${data.slice(2)}\r\n`
    },
  }
}

type Session = {
  state: State
  socket: Socket
  wire: Wire
  connection: number
  from: string
  to: string
  begunAt: number
  begunAfter: number
  dataAt: number
}

async function serve(state: State, socket: Socket): Promise<void> {
  const session: Session = {
    state,
    socket,
    wire: readWire(socket),
    connection: ++state.counts.connections,
    from: '',
    to: '',
    begunAt: 0,
    begunAfter: 0,
    dataAt: 0,
  }
  if (!(await answer(session, 'greeting', '220 sink.test ESMTP'))) return
  for (;;) {
    const line = await session.wire.line()
    if (line === null) {
      socket.end()
      return
    }
    if (!(await command(session, line))) return
  }
}

/** False when the connection is over, or is to get no answer any more. */
async function command(session: Session, line: string): Promise<boolean> {
  const { state, socket } = session
  const verb = line.split(/[ :]/)[0]?.toUpperCase()
  switch (verb) {
    case 'EHLO':
      return answer(session, 'ehlo', ehlo(state.options))
    case 'HELO':
      return answer(session, 'helo', '250 sink.test')
    case 'STARTTLS':
      return answer(session, 'starttls', '454 4.7.0 no TLS here')
    case 'AUTH':
      return auth(session, line)
    case 'MAIL':
      session.from = path(line)
      session.to = ''
      session.begunAt = Date.now()
      session.begunAfter = state.awake?.[0] ?? session.begunAt
      return answer(session, 'mail', '250 2.1.0 sender ok')
    case 'RCPT':
      return answer(session, 'rcpt', '250 2.1.5 recipient ok', () => {
        session.to = path(line)
      })
    case 'DATA':
      return message(session)
    case 'RSET':
      return answer(session, 'rset', '250 2.0.0 forgotten')
    case 'NOOP':
      return reply(socket, '250 2.0.0 nothing done')
    case 'QUIT':
      socket.end('221 2.0.0 bye\r\n')
      return false
    default:
      return reply(socket, '500 5.5.2 what?')
  }
}

async function message(session: Session): Promise<boolean> {
  const { state } = session
  session.dataAt = Date.now()
  const usual = session.to === '' ? '554 5.5.1 nobody to send it to' : '354 go on'
  const go = scripted(state, 'data') ?? usual
  if (!(await act(session, go)) || !go.startsWith('354'))
    return go.startsWith('4') || go.startsWith('5')
  const data = await session.wire.data(async () => {
    const middle = scripted(state, 'middle')
    return middle === undefined || act(session, middle)
  })
  if (data === null) return false
  record(session, data)
  const { gate } = state
  if (gate) {
    gate.waiting.add(session.socket)
    await gate.promise
  } else if (state.options.dotDelayMs) await sleep(state.options.dotDelayMs)
  return answer(session, 'dot', '250 2.0.0 taken')
}

function record({ state, from, to, connection, ...session }: Session, data: string): void {
  const header = data.slice(0, data.indexOf('\r\n\r\n') + 2)
  const entry: SinkEntry = {
    at: Date.now(),
    ...{ begunAt: session.begunAt, begunAfter: session.begunAfter, dataAt: session.dataAt },
    from,
    to,
    messageId: /^Message-ID:\s*(\S+)/im.exec(header)?.[1] ?? null,
    // Soft line breaks may stand anywhere (RFC 2045 6.7).
    greets: [...new Set(data.replaceAll('=\r\n', '').match(/Reader \d+/g))],
    unsubscribe: /^List-Unsubscribe:\s*<(https:[^>]*)>/im.exec(header)?.[1] ?? null,
    octets: data.length,
    connection,
    withheld: state.gate !== null,
    ...(state.options.keepData ? { data } : {}),
  }
  state.entries.push(entry)
  if (state.options.log) appendFileSync(state.options.log, `${JSON.stringify(entry)}\n`)
}

async function auth(session: Session, line: string): Promise<boolean> {
  const { state } = session
  state.counts.auths += 1
  const [user, password] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
    .toString()
    .split('\u0000')
    .slice(1)
  const { login } = state.options
  const ok = login !== undefined && login.user === user && login.password === password
  return answer(session, 'auth', ok ? '235 2.7.0 welcome' : '535 5.7.8 wrong login')
}

function ehlo(options: SinkOptions): string {
  const extensions = [
    ...(options.pipelining ? ['PIPELINING'] : []),
    'ENHANCEDSTATUSCODES',
    '8BITMIME',
    ...(options.login ? ['AUTH PLAIN'] : []),
    ...(options.extensions ?? []),
  ]
  const lines = ['sink.test', ...extensions]
  return lines.map((line, i) => `250${i === lines.length - 1 ? ' ' : '-'}${line}`).join('\r\n')
}

async function answer(
  session: Session,
  phase: SinkPhase,
  usual: string,
  onYes = () => {},
): Promise<boolean> {
  const { replyDelayMs } = session.state.options
  if (replyDelayMs) await sleep(replyDelayMs)
  const action = scripted(session.state, phase) ?? usual
  if (action.startsWith('2')) onYes()
  return act(session, action)
}

function scripted(state: State, phase: SinkPhase): SinkAction | undefined {
  const script = state.options.replies?.[phase]
  return Array.isArray(script) ? script.shift() : script
}

async function act({ socket }: Session, action: SinkAction): Promise<boolean> {
  if (action === 'silence') return new Promise(() => {})
  if (action === 'close') socket.end()
  else if (action === 'reset') socket.resetAndDestroy()
  else return reply(socket, action)
  return false
}

function reply(socket: Socket, text: string): boolean {
  socket.write(`${text}\r\n`, 'latin1')
  // RFC 5321 3.8: who says 421 closes.
  if (/^421/.test(text)) socket.end()
  return !/^421/.test(text)
}

function path(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? ''
}
