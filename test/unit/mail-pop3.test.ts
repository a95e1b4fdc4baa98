import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { connectPop3, Pop3Refusal } from '../../src/mail/pop3.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** Says what it is told to, in these packets, to each line that it hears. */
async function server(
  answers: Record<string, readonly string[]>,
): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = []
  const sockets = new Set<Socket>()
  const say = async (socket: Socket, packets: readonly string[]) => {
    for (const packet of packets) {
      socket.write(packet, 'latin1')
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  const listening = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.setEncoding('latin1').on('data', (line) => {
      const command = String(line).trim()
      heard.push(command)
      void say(socket, answers[command.split(' ')[0] ?? ''] ?? ['-ERR what?\r\n'])
    })
    void say(socket, answers.greeting ?? ['+OK ready\r\n'])
  })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    listening.close()
  })
  return { port: (listening.address() as { port: number }).port, heard }
}

const open = (port: number, security: 'none' | 'required' = 'none', timeoutMs = 5_000) =>
  connectPop3({ host: '127.0.0.1', port, security, tls: {}, timeoutMs })

it('finds the end of a mail however it is cut into packets, and takes doubled dots apart', async () => {
  const mail = 'Subject: x\r\n\r\n.\r\n..\r\nend of it \xcd\xcb\r\n'
  const wire = '+OK\r\nSubject: x\r\n\r\n..\r\n...\r\nend of it \xcd\xcb\r\n.\r\n'
  const { port } = await server({ RETR: [...wire], TOP: [wire], DELE: ['+OK\r\n'] })
  const pop3 = await open(port)
  expect((await pop3.retr(1)).toString('latin1')).toBe(mail)
  expect((await pop3.top(1))?.toString('latin1')).toBe(mail)
  await pop3.dele(1)
  pop3.close()
})

it('reads lists, empty ones too', async () => {
  const { port } = await server({
    UIDL: ['+OK\r\n1 abc\r\n2 d', 'ef\r\n.', '\r\n'],
    LIST: ['+OK\r\n.\r\n'],
  })
  const pop3 = await open(port)
  expect(await pop3.uidl()).toEqual(
    new Map([
      [1, 'abc'],
      [2, 'def'],
    ]),
  )
  expect(await pop3.list()).toEqual(new Map())
  pop3.close()
})

it('sends no login where STLS is refused, nor one with a line break in it', async () => {
  const { port, heard } = await server({ USER: ['+OK\r\n'], PASS: ['-ERR no\r\n'] })
  await expect(open(port, 'required')).rejects.toThrow(Pop3Refusal)
  expect(heard).toEqual(['STLS'])
  const pop3 = await open(port)
  await expect(pop3.login('ada', 'x\r\nDELE 1')).rejects.toThrow('line break')
  await expect(pop3.login('ada', 'x')).rejects.toMatchObject({ command: 'PASS', message: 'no' })
  pop3.close()
})

it('ends with a word when the server is silent, goes away, or is none', async () => {
  const { port } = await server({ UIDL: [] })
  const silent = await open(port, 'none', 1_000)
  await expect(silent.uidl()).rejects.toThrow('silent for 1000 ms')
  const other = await server({ greeting: ['220 mail.far.test ESMTP\r\n'] })
  await expect(open(other.port)).rejects.toThrow('no POP3 server')
  const gone = await server({ UIDL: ['+OK\r\n1 abc\r\n'] })
  const pop3 = await open(gone.port)
  const asked = pop3.uidl()
  setTimeout(() => closers.pop()?.(), 20)
  await expect(asked).rejects.toThrow(/closed|ECONNRESET/)
})
