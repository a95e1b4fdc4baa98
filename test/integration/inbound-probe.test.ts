import { createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { parseMailboxes } from '../../src/config-intake.ts'
import { probeMailbox } from '../../src/inbound/probe.ts'

it.each(['imap', 'pop3'])(
  'gives up soon where something else than %s answers',
  async (scheme) => {
    const open = new Set<Socket>()
    const server = createServer((socket) => {
      open.add(socket)
      socket.on('error', () => {})
      socket.write('220 mx.far.test ESMTP\r\n')
      socket.on('data', () => socket.write('500 what?\r\n'))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    const [mailbox] = parseMailboxes(`${scheme}://u:secret@127.0.0.1:${port}/INBOX`)
    if (mailbox === undefined) throw new Error('no mailbox')
    try {
      await expect(probeMailbox(mailbox)).rejects.toThrow(
        new RegExp(`^mailbox u@127\\.0\\.0\\.1: .*127\\.0\\.0\\.1:${port}.*$`),
      )
    } finally {
      for (const socket of open) socket.destroy()
      await new Promise((done) => server.close(done))
    }
  },
  15_000,
)
