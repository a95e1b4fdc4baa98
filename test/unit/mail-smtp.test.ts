import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { SMTPServer, type SMTPServerAuthentication } from 'smtp-server'
import { afterEach, describe, expect, test } from 'vitest'
import type { TransportConfig } from '../../src/config.ts'
import type { Reply } from '../../src/mail/reply.ts'
import { createSmtpSender, type Sender, type SenderOptions } from '../../src/mail/smtp.ts'
import { type Sink, type SinkOptions, type SinkReplies, startSink } from '../support/sink.ts'

const cleanup: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step()
})

const MESSAGE = Buffer.from('Message-ID: <1@x.test>\r\nSubject: Hi\r\n\r\nHello.\r\n')
const LONG = Buffer.concat([MESSAGE, Buffer.alloc(8_000_000, 'line of text.\r\n')])
const ENVELOPE = { from: 'b-1@x.test', to: 'ada@y.test' }

function configOf(port: number, more: Partial<TransportConfig> = {}): TransportConfig {
  return {
    name: 'test',
    kind: 'smtp',
    host: '127.0.0.1',
    port,
    implicitTls: false,
    user: null,
    password: null,
    ratePerSecond: null,
    connections: 1,
    ...more,
  }
}

function senderTo(
  port: number,
  options: SenderOptions = {},
  more: Partial<TransportConfig> = {},
): Sender {
  const sender = createSmtpSender(configOf(port, more), options)
  cleanup.push(() => sender.close({ graceMs: 0 }))
  return sender
}

async function portOf(server: Server, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  cleanup.push(async () => server.close())
  return (server.address() as AddressInfo).port
}

async function sinkWith(options: SinkOptions): Promise<Sink> {
  const sink = await startSink(options)
  cleanup.push(() => sink.close())
  return sink
}

async function sendTo(replies: SinkReplies, bytes = MESSAGE, sinkOptions: SinkOptions = {}) {
  const sink = await sinkWith({ ...sinkOptions, replies })
  const isSilent = Object.values(replies).includes('silence')
  const options = isSilent ? { silenceTimeoutMs: 400 } : {}
  return senderTo(sink.port, options).send(ENVELOPE, bytes)
}

describe.each([true, false])('pipelining %s', (pipelining) => {
  test('a message is accepted with the words of the server, and arrives as it was', async () => {
    const sink = await sinkWith({ pipelining, keepData: true })
    const result = await senderTo(sink.port).send(ENVELOPE, MESSAGE)
    expect(result).toEqual({
      outcome: 'accepted',
      reply: { code: 250, enhanced: '2.0.0', text: 'taken' },
    })
    const [entry] = await sink.entries()
    expect(entry).toMatchObject({ ...ENVELOPE, messageId: '<1@x.test>' })
    expect(entry?.data).toBe(MESSAGE.toString())
  })

  test.each([
    ['mail', '550 5.7.1 not you', 'refused'],
    ['mail', '451 4.3.0 later', 'unavailable'],
    ['mail', '421 4.3.2 going down', 'unavailable'],
    ['mail', 'close', 'unavailable'],
    ['mail', 'reset', 'unavailable'],
    ['rcpt', 'close', 'unavailable'],
    ['rcpt', 'reset', 'unavailable'],
    ['data', 'close', 'unavailable'],
    ['data', 'reset', 'unavailable'],
    ['data', 'silence', 'unavailable'],
  ] as const)('%s answered by %j: not begun, %s', async (phase, action, fault) => {
    const result = await sendTo({ [phase]: action }, MESSAGE, { pipelining })
    expect(result).toMatchObject({ outcome: 'not-begun', fault })
  })

  test.each([
    ['rcpt', '550 5.1.1 <ada@y.test> unknown', 'rejected'],
    ['rcpt', '451 4.2.1 busy', 'deferred'],
    ['rcpt', '421 4.7.0 too many', 'deferred'],
    ['data', '554 5.5.1 no', 'rejected'],
    ['data', '451 4.3.0 no room', 'deferred'],
    ['dot', '554 5.7.1 spam', 'rejected'],
    ['dot', '452 4.3.1 full', 'deferred'],
    ['dot', '421 4.3.2 going down', 'deferred'],
  ] as const)('%s answered by %j is about this message: %s', async (phase, action, outcome) => {
    const result = await sendTo({ [phase]: action }, MESSAGE, { pipelining })
    const [, code, enhanced] = /^(\d+) (\S+)/.exec(action) ?? []
    expect(result).toMatchObject({ outcome, reply: { code: Number(code), enhanced } })
    expect(JSON.stringify(result)).not.toContain('ada@')
  })

  test.each(['close', 'reset', 'silence'])(
    'no reply after the final dot (%s): uncertain',
    async (action) => {
      const result = await sendTo({ dot: action }, MESSAGE, { pipelining })
      expect(result).toMatchObject({ outcome: 'uncertain' })
    },
  )

  test.each(['close', 'reset', '421 4.3.2 going down'])(
    'cut in the middle of a long message (%s): not begun',
    async (action) => {
      const result = await sendTo({ middle: action }, LONG, { pipelining })
      expect(result).toMatchObject({ outcome: 'not-begun', fault: 'unavailable' })
    },
  )

  test('a server that stops reading in the middle of a long message: not begun', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.write('220 x\r\n')
      socket.on('data', (chunk) => {
        const ehlo = pipelining ? '250-x\r\n250 PIPELINING' : '250 x'
        for (const command of chunk.toString().split('\r\n').slice(0, -1)) {
          if (command === 'DATA') socket.pause()
          const reply = { EHLO: ehlo, DATA: '354 go' }[command.slice(0, 4)] ?? '250 ok'
          socket.write(`${reply}\r\n`)
        }
      })
    })
    const result = await senderTo(await portOf(server), { silenceTimeoutMs: 400 }).send(
      ENVELOPE,
      LONG,
    )
    expect(result).toMatchObject({ outcome: 'not-begun', fault: 'unavailable' })
  })
})

describe('before there is a session', () => {
  test.each([
    ['greeting', '554 5.7.1 go away', 'refused'],
    ['greeting', '421 4.3.2 busy', 'unavailable'],
    ['greeting', 'close', 'unavailable'],
    ['greeting', 'reset', 'unavailable'],
    ['greeting', 'silence', 'unavailable'],
    ['ehlo', '421 4.3.2 busy', 'unavailable'],
    ['ehlo', 'close', 'unavailable'],
    ['starttls', '554 5.7.0 no', 'refused'],
    ['starttls', '454 4.7.0 not now', 'unavailable'],
    ['starttls', 'close', 'unavailable'],
    ['auth', '535 5.7.8 wrong', 'refused'],
    ['auth', '454 4.7.0 not now', 'unavailable'],
    ['auth', 'close', 'unavailable'],
    ['auth', 'silence', 'unavailable'],
  ] as const)('%s answered by %j: not begun, %s', async (phase, action, fault) => {
    const sink = await sinkWith({
      login: { user: 'u', password: 'p' },
      extensions: phase === 'starttls' ? ['STARTTLS'] : [],
      replies: { [phase]: action },
    })
    const options = action === 'silence' ? { connectionTimeoutMs: 200 } : {}
    const sender = senderTo(sink.port, options, { user: 'u', password: 'p' })
    const result = await sender.send(ENVELOPE, MESSAGE)
    expect(result).toMatchObject({ outcome: 'not-begun', fault })
    expect((await sink.counts()).connections).toBe(1)
    if (action.startsWith('5')) {
      const { reply } = result as { reply: Reply }
      expect(await sender.verify()).toMatchObject({ ok: false, fault, reply })
    }
  })

  test('nobody listens: not begun, unavailable, and it goes on when somebody does', async () => {
    const sink = await startSink()
    await sink.close()
    const sender = senderTo(sink.port)
    const result = await sender.send(ENVELOPE, MESSAGE)
    expect(result).toMatchObject({ outcome: 'not-begun', fault: 'unavailable' })
    expect(result).toMatchObject({ reply: { code: null } })
    await sinkWith({ port: sink.port })
    expect(await sender.send(ENVELOPE, MESSAGE)).toMatchObject({ outcome: 'accepted' })
  })

  test('a name that does not resolve: not begun, unavailable', async () => {
    const sender = senderTo(25, {}, { host: 'nobody.invalid' })
    const result = await sender.send(ENVELOPE, MESSAGE)
    expect(result).toMatchObject({ outcome: 'not-begun', fault: 'unavailable' })
  })
})

describe('logins', () => {
  const login = { user: 'u', password: 'p' }

  test('a wrong login is tried once for a hundred messages, until it is told to go on', async () => {
    const sink = await sinkWith({ login: { user: 'u', password: 'new' } })
    const sender = senderTo(sink.port, {}, { ...login, connections: 5 })
    const sends = Array.from({ length: 100 }, () => sender.send(ENVELOPE, MESSAGE))
    for (const result of await Promise.all(sends)) {
      expect(result).toMatchObject({ outcome: 'not-begun', fault: 'refused', reply: { code: 535 } })
    }
    expect(await sink.counts()).toMatchObject({ connections: 1, auths: 1 })
    await sink.set({ login })
    expect(await sender.send(ENVELOPE, MESSAGE)).toMatchObject({ fault: 'refused' })
    expect(await sink.counts()).toMatchObject({ auths: 1 })
    sender.resume()
    expect(await sender.send(ENVELOPE, MESSAGE)).toMatchObject({ outcome: 'accepted' })
  })

  test('a login revoked in mid-send: what is open goes on, each new connection tries at most once', async () => {
    const sink = await sinkWith({ login })
    const sender = senderTo(sink.port, { maxMessages: 3 }, { ...login, connections: 4 })
    expect(await sender.send(ENVELOPE, MESSAGE)).toMatchObject({ outcome: 'accepted' })
    await sink.set({ login: { user: 'u', password: 'changed' } })
    const sends = Array.from({ length: 60 }, () => sender.send(ENVELOPE, MESSAGE))
    const results = await Promise.all(sends)
    const accepted = results.filter((r) => r.outcome === 'accepted').length
    const refused = results.filter((r) => r.outcome === 'not-begun' && r.fault === 'refused').length
    const counts = await sink.counts()
    expect(accepted).toBe(counts.messages - 1)
    expect(accepted + refused).toBe(60)
    expect(counts.auths).toBeLessThanOrEqual(counts.connections)
    expect(counts.auths).toBeLessThanOrEqual(1 + 4)
  })

  test('a verify that works is a resume', async () => {
    const sink = await sinkWith({ login: { user: 'u', password: 'other' } })
    const sender = senderTo(sink.port, {}, login)
    expect(await sender.send(ENVELOPE, MESSAGE)).toMatchObject({ fault: 'refused' })
    await sink.set({ login })
    expect(await sender.verify()).toEqual({ ok: true })
    expect(await sender.send(ENVELOPE, MESSAGE)).toMatchObject({ outcome: 'accepted' })
  })

  test('a password goes to no other machine without TLS', async () => {
    const lines: string[] = []
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.write('220 x\r\n')
      socket.on('data', (chunk) => {
        lines.push(chunk.toString())
        socket.write(lines.length === 1 ? '250-x\r\n250 AUTH PLAIN\r\n' : '502 5.5.1 no\r\n')
      })
    })
    const port = await portOf(server, '0.0.0.0')
    // 0.0.0.0 leads here, and is no loopback address.
    const sender = senderTo(port, {}, { ...login, host: '0.0.0.0' })
    const result = await sender.send(ENVELOPE, MESSAGE)
    expect(result).toMatchObject({ outcome: 'not-begun', fault: 'refused' })
    expect(lines.join('')).toMatch(/^EHLO .*\r\nSTARTTLS\r\n/)
    expect(lines.join('')).not.toMatch(/AUTH|MAIL/)
  })

  test('STARTTLS is used where it is offered, and the login goes through it', async () => {
    const seen: boolean[] = []
    const server = new SMTPServer({
      onAuth: ({ username, password }, session, done) => {
        seen.push(Boolean(session.secure))
        if (username === 'u' && password === 'p') done(null, { user: 'u' })
        else done(new Error('wrong login'))
      },
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    cleanup.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
    const { port } = server.server.address() as { port: number }
    const result = await senderTo(port, {}, login).send(ENVELOPE, MESSAGE)
    expect(result).toMatchObject({ outcome: 'accepted' })
    expect(seen).toEqual([true])
  })
})

describe('mechanisms', () => {
  type Seen = { method: string; secure: boolean }
  function isRight(auth: SMTPServerAuthentication, revoked: string): boolean {
    if (auth.username !== 'u') return false
    if (auth.method === 'XOAUTH2') {
      return /^token-\d$/.test(auth.accessToken ?? '') && auth.accessToken !== revoked
    }
    return auth.method === 'CRAM-MD5' ? auth.validatePassword('p ü') : auth.password === 'p ü'
  }
  async function server(methods: string[], seen: Seen[], revoked: () => string = () => '') {
    const smtp = new SMTPServer({
      authMethods: methods,
      allowInsecureAuth: true,
      hideSTARTTLS: true,
      onAuth(auth, session, done) {
        seen.push({ method: auth.method, secure: session.secure })
        if (isRight(auth, revoked())) done(null, { user: 'u' })
        // What is wrong with a token is said by a challenge.
        else if (auth.method === 'XOAUTH2')
          done(null, { data: { status: '401', schemes: 'bearer' } })
        else done(Object.assign(new Error('wrong login'), { responseCode: 535 }))
      },
    })
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()))
    cleanup.push(() => new Promise<void>((resolve) => smtp.close(() => resolve())))
    return (smtp.server.address() as { port: number }).port
  }

  test.each([
    ['PLAIN', null, ['PLAIN', 'LOGIN', 'CRAM-MD5']],
    ['LOGIN', null, ['LOGIN']],
    ['CRAM-MD5', null, ['CRAM-MD5']],
    ['CRAM-MD5', 'cram-md5', ['PLAIN', 'LOGIN', 'CRAM-MD5']],
    ['LOGIN', 'login', ['PLAIN', 'LOGIN']],
  ] as const)(
    '%s is what is used (asked for: %s, offered: %j)',
    async (method, mechanism, offered) => {
      const seen: Seen[] = []
      const port = await server([...offered], seen)
      const sender = senderTo(port, {}, { user: 'u', password: 'p ü', mechanism })
      expect(await sender.send(ENVELOPE, MESSAGE)).toMatchObject({ outcome: 'accepted' })
      expect(seen).toEqual([{ method, secure: false }])
    },
  )

  test('XOAUTH2 asks for a token once for all connections, and again when it is no longer taken', async () => {
    const asked: string[] = []
    const tokens = createHttpServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        asked.push(body)
        response.end(JSON.stringify({ access_token: `token-${asked.length}`, expires_in: 3600 }))
      })
    })
    const tokenPort = await portOf(tokens)
    const seen: Seen[] = []
    let revoked = ''
    const port = await server(['XOAUTH2'], seen, () => revoked)
    const oauth = {
      tokenUrl: `http://127.0.0.1:${tokenPort}/token`,
      ...{ clientId: 'us', clientSecret: 'hush' },
    }
    const login = { user: 'u', password: 'refresh', mechanism: 'xoauth2', oauth } as const
    const sender = senderTo(port, { maxMessages: 1 }, { ...login, connections: 3 })
    const round = () => Promise.all([1, 2, 3, 4].map(() => sender.send(ENVELOPE, MESSAGE)))
    expect((await round()).map((r) => r.outcome)).toEqual(Array(4).fill('accepted'))
    expect(asked).toHaveLength(1)
    expect(asked[0]).toContain('refresh_token=refresh')
    revoked = 'token-1'
    expect((await round()).map((r) => r.outcome)).toEqual(Array(4).fill('accepted'))
    // Each connection that is refused asks for itself.
    expect(asked.length).toBeGreaterThanOrEqual(2)
    expect(asked.length).toBeLessThanOrEqual(4)
  })
})

describe('connections', () => {
  test('there are never more messages under way than connections', async () => {
    const sink = await sinkWith({ dotDelayMs: 30 })
    const sender = senderTo(sink.port, {}, { connections: 3 })
    let most = 0
    const watch = setInterval(() => {
      void sink.counts().then(({ open }) => {
        most = Math.max(most, open)
      })
    }, 5)
    const sends = Array.from({ length: 30 }, () => sender.send(ENVELOPE, MESSAGE))
    const results = await Promise.all(sends)
    clearInterval(watch)
    expect(results.filter((r) => r.outcome !== 'accepted')).toEqual([])
    expect(most).toBe(3)
    expect((await sink.counts()).connections).toBe(3)
  })

  test('a server that closes connections while nothing is under way costs no message', async () => {
    const sink = await sinkWith({})
    const sender = senderTo(sink.port, {}, { connections: 3 })
    const round = () => Promise.all(Array.from({ length: 6 }, () => sender.send(ENVELOPE, MESSAGE)))
    for (let i = 0; i < 4; i++) {
      const results = await round()
      expect(results.filter((r) => r.outcome !== 'accepted')).toEqual([])
      void sink.cut()
    }
  })

  test.each(['421 4.7.0 enough for one connection', 'close', 'reset'])(
    'a used connection that ends at MAIL FROM with %j says nothing about the server: the message goes over a new one',
    async (action) => {
      const sink = await sinkWith({ replies: { mail: ['250 ok', action] } })
      const sender = senderTo(sink.port)
      expect(await sender.send(ENVELOPE, MESSAGE)).toMatchObject({ outcome: 'accepted' })
      expect(await sender.send(ENVELOPE, MESSAGE)).toMatchObject({ outcome: 'accepted' })
      expect(await sink.counts()).toMatchObject({ connections: 2, messages: 2 })
    },
  )

  test('a rejected message leaves the connection to the next', async () => {
    const sink = await sinkWith({ replies: { rcpt: ['550 5.1.1 no', '450 4.2.0 later'] } })
    const sender = senderTo(sink.port)
    const results = []
    for (let i = 0; i < 3; i++) results.push((await sender.send(ENVELOPE, MESSAGE)).outcome)
    expect(results).toEqual(['rejected', 'deferred', 'accepted'])
    expect((await sink.counts()).connections).toBe(1)
  })

  test('a message whose time to begin is over is not begun, and the connection is kept', async () => {
    const sink = await sinkWith({ replyDelayMs: 60 })
    const sender = senderTo(sink.port)
    const beginBy = performance.now() + 50
    expect(await sender.send(ENVELOPE, MESSAGE, { beginBy })).toMatchObject({
      outcome: 'not-begun',
      fault: 'late',
    })
    const next = performance.now() + 25_000
    expect(await sender.send(ENVELOPE, MESSAGE, { beginBy: next })).toMatchObject({
      outcome: 'accepted',
    })
    expect(await sink.counts()).toMatchObject({ connections: 1, messages: 1 })
  })

  test('closing lets what is under way finish and begins nothing more', async () => {
    const sink = await sinkWith({ dotDelayMs: 150 })
    const sender = createSmtpSender(configOf(sink.port))
    const sends = [1, 2, 3].map(() => sender.send(ENVELOPE, MESSAGE))
    await expect.poll(async () => (await sink.counts()).messages).toBe(1)
    await sender.close()
    const outcomes = (await Promise.all(sends)).map((r) => r.outcome)
    expect(outcomes).toEqual(['accepted', 'not-begun', 'not-begun'])
    expect(await sender.send(ENVELOPE, MESSAGE)).toMatchObject({ outcome: 'not-begun' })
    await expect.poll(async () => (await sink.counts()).open).toBe(0)
  })

  test('closing gives up on a server that stays silent past the grace: uncertain', async () => {
    const sink = await sinkWith({})
    await sink.withhold()
    const sender = createSmtpSender(configOf(sink.port))
    const sending = sender.send(ENVELOPE, MESSAGE)
    await expect.poll(() => sink.withheld()).toBe(1)
    await sender.close({ graceMs: 50 })
    expect(await sending).toMatchObject({ outcome: 'uncertain' })
  })
})

describe('on the wire', () => {
  test('dots are stuffed, and bare CR and LF become line ends before that', async () => {
    const sink = await sinkWith({ keepData: true })
    const odd = Buffer.from('Subject: x\n\n.\r.\n..two\r\r\n.\r\n.a\nlast')
    expect(await senderTo(sink.port).send(ENVELOPE, odd)).toMatchObject({ outcome: 'accepted' })
    const [entry, ...more] = await sink.entries()
    expect(more).toEqual([])
    expect(entry?.data).toBe('Subject: x\r\n\r\n..\r\n..\r\n...two\r\n\r\n..\r\n..a\r\nlast\r\n')
  })

  test.each([
    ['a@x.test>\r\nRCPT TO:<b@x.test', 'c@x.test'],
    ['a@x.test', 'c@x.test\n'],
    ['a@x.test', 'c@x.test\u0000'],
    ['a@x.test', '<c@x.test>'],
    ['a@x.test', ''],
  ])('an envelope of %j and %j never reaches a server', async (from, to) => {
    const sink = await sinkWith({})
    expect(await senderTo(sink.port).send({ from, to }, MESSAGE)).toMatchObject({
      outcome: 'rejected',
      reply: { code: null },
    })
    expect((await sink.counts()).connections).toBe(0)
  })

  test('the envelope goes out as it is given, the null sender too', async () => {
    const sink = await sinkWith({})
    const sender = senderTo(sink.port)
    await sender.send({ from: '', to: "o'Neill+x/y=z@y.test" }, MESSAGE)
    await sender.send({ from: 'B-1@x.test', to: 'A&B@y.test' }, MESSAGE)
    expect(await sink.entries()).toMatchObject([
      { from: '', to: "o'Neill+x/y=z@y.test" },
      { from: 'B-1@x.test', to: 'A&B@y.test' },
    ])
  })
})
