import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

export type Pop3Options = Readonly<{
  host: string
  port: number
  /** implicit: from the first byte; required: STLS (RFC 2595 4) before the login; none: never. */
  security: 'implicit' | 'required' | 'none'
  tls: ConnectionOptions
  timeoutMs: number
}>

/** A POP3 server's "-ERR". */
export class Pop3Refusal extends Error {
  readonly command: string
  constructor(command: string, words: string) {
    super(words)
    this.name = 'Pop3Refusal'
    this.command = command
  }
}

/** A session (RFC 1939). Octets are handed on as they came; one command at a time. */
export type Pop3 = Readonly<{
  isEncrypted: boolean
  login(user: string, password: string): Promise<void>
  /** By message number; the unique ids. */
  uidl(): Promise<Map<number, string>>
  /** Octets of each. */
  list(): Promise<Map<number, number>>
  /** The header; null where the server has no TOP. */
  top(number: number): Promise<Buffer | null>
  retr(number: number): Promise<Buffer>
  /** Done when `quit` has been answered. */
  dele(number: number): Promise<void>
  quit(): Promise<void>
  close(): void
}>

const CRLF = Buffer.from('\r\n')
const END = Buffer.from('\r\n.\r\n')
const MAX_ANSWER = 256 * 1024 * 1024

/** @throws Error of node:net or node:tls; Pop3Refusal */
export async function connectPop3(options: Pop3Options): Promise<Pop3> {
  const reader = await greet(options)
  const ask = (command: string) => tell(reader, command)
  const askLines = async (command: string) => {
    await ask(command)
    return await reader.block()
  }
  return {
    isEncrypted: options.security !== 'none',
    async login(user, password) {
      await ask(`USER ${line(user)}`)
      await ask(`PASS ${line(password)}`)
    },
    uidl: async () => byNumber(await askLines('UIDL'), String),
    list: async () => byNumber(await askLines('LIST'), Number),
    async top(number) {
      try {
        return await askLines(`TOP ${number} 0`)
      } catch (error) {
        if (error instanceof Pop3Refusal) return null
        throw error
      }
    },
    retr: (number) => askLines(`RETR ${number}`),
    dele: (number) => ask(`DELE ${number}`),
    quit: () => ask('QUIT'),
    close: () => void reader.socket.destroy(),
  }
}

type Reader = ReturnType<typeof readerOf>

/** As far as the login. */
async function greet({ host, port, security, tls, timeoutMs }: Pop3Options): Promise<Reader> {
  const named = { ...(isIP(host) === 0 ? { servername: host } : {}), ...tls, host, port }
  const socket = security === 'implicit' ? connectTls(named) : connectTcp({ host, port })
  const reader = readerOf(socket, timeoutMs)
  try {
    await answer(reader, 'greeting')
    if (security !== 'required') return reader
    await tell(reader, 'STLS')
    // What came in the clear behind the answer is not the server's word.
    const secure = readerOf(connectTls({ ...named, socket: reader.release() }), timeoutMs)
    await once(secure.socket, 'secureConnect')
    return secure
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function tell(reader: Reader, command: string): Promise<void> {
  reader.socket.write(`${command}\r\n`)
  await answer(reader, command.split(' ')[0] ?? '')
}

async function answer(reader: Reader, command: string): Promise<void> {
  const text = (await reader.line()).toString('latin1')
  if (text.startsWith('+OK')) return
  if (text.startsWith('-ERR')) throw new Pop3Refusal(command, text.slice(4).trim() || 'refused')
  throw new Error(`no POP3 server: it said ${JSON.stringify(text.slice(0, 40))}`)
}

function readerOf(socket: Socket, timeoutMs: number) {
  const octets = octetsOf(socket)
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`silent for ${timeoutMs} ms`)))
  return {
    socket,
    line: () => until(octets, CRLF),
    /** RFC 1939 3: up to a line of one dot; another dot that begins a line was doubled. */
    async block(): Promise<Buffer> {
      octets.putBack(CRLF)
      const text = (await until(octets, END)).toString('latin1').replace(/\r\n\.\./g, '\r\n.')
      // The line break before the dot is the last line's own; the first is ours.
      return Buffer.from(text === '' ? '' : `${text.slice(CRLF.length)}\r\n`, 'latin1')
    },
    release(): Socket {
      octets.stop()
      socket.setTimeout(0)
      return socket
    },
  }
}

type Octets = ReturnType<typeof octetsOf>

/** What has come and was not read yet. */
function octetsOf(socket: Socket) {
  let held: Buffer[] = []
  let fault: Error | null = null
  let wake = () => {}
  const onData = (chunk: Buffer) => {
    held.push(chunk)
    wake()
  }
  const onFault = (error: Error) => {
    fault ??= error
    wake()
  }
  socket.on('data', onData)
  socket.on('error', onFault)
  socket.on('close', () => onFault(new Error('the connection was closed')))
  return {
    take(): Buffer {
      const all = Buffer.concat(held)
      held = []
      return all
    },
    putBack: (octets: Buffer) => void held.unshift(octets),
    /** More, or why there will be none. */
    async more(): Promise<void> {
      if (held.length === 0 && fault === null) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (held.length === 0 && fault !== null) throw fault
    },
    stop() {
      socket.off('data', onData)
      held = []
    },
  }
}

/** Searched for again only in what is new, so that a long answer costs no more than it is long. */
async function until(octets: Octets, end: Buffer): Promise<Buffer> {
  const parts: Buffer[] = []
  let known = Buffer.alloc(0)
  for (let size = 0; size <= MAX_ANSWER; ) {
    await octets.more()
    const seam = Buffer.concat([known, octets.take()])
    const at = seam.indexOf(end)
    if (at >= 0) {
      octets.putBack(seam.subarray(at + end.length))
      return Buffer.concat([...parts, seam.subarray(0, at)])
    }
    const settled = Math.max(0, seam.length - end.length + 1)
    parts.push(seam.subarray(0, settled))
    known = seam.subarray(settled)
    size += settled
  }
  throw new Error('an answer without end')
}

function byNumber<T>(lines: Buffer, read: (text: string) => T): Map<number, T> {
  const entries = lines.toString('latin1').split(/\r?\n/).filter(Boolean)
  return new Map(
    entries.map((entry): [number, T] => {
      const [number = '', value = ''] = entry.split(' ')
      return [Number(number), read(value)]
    }),
  )
}

/** A second line in a login would be a command. */
function line(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new Error('a login with a line break in it')
  return text
}
