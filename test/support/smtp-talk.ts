import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export type Talk = {
  socket: Socket
  /** Writes the octets as they are and waits for the next whole reply. */
  say(octets: string): Promise<string>
  /** Writes, a packet each, and waits for nothing. */
  packets(octets: readonly string[]): Promise<void>
  /** The next whole reply, last line first where there are several. */
  reply(): Promise<string>
  end(): Promise<void>
}

/** SMTP by hand, octet for octet. The greeting and EHLO are behind us when it returns. */
export async function talk(port: number, hello: 'EHLO' | 'LHLO' = 'EHLO'): Promise<Talk> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let buffered = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    buffered += chunk
    socket.emit('more')
  })
  socket.on('error', () => {})
  const reply = async (): Promise<string> => {
    for (;;) {
      const whole = /^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n/.exec(buffered)?.[0]
      if (whole !== undefined) {
        buffered = buffered.slice(whole.length)
        return whole.trimEnd()
      }
      if (socket.closed) throw new Error(`closed after ${JSON.stringify(buffered)}`)
      await Promise.race([once(socket, 'more'), once(socket, 'close')])
    }
  }
  const say = async (octets: string) => {
    socket.write(octets, 'latin1')
    return await reply()
  }
  await reply()
  await say(`${hello} client.test\r\n`)
  return {
    socket,
    say,
    async packets(octets) {
      for (const packet of octets) {
        await new Promise<void>((resolve) => socket.write(packet, 'latin1', () => resolve()))
        // The other end reads it before the next is written.
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    reply,
    async end() {
      socket.destroy()
      if (!socket.closed) await once(socket, 'close')
    },
  }
}
