import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { createSmtpSender, type Sender, type SenderOptions } from '../../src/mail/smtp.ts'
import { HOLD, type Script, type ScriptedServer, startScript } from '../support/smtp-script.ts'

const cleanup: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step()
})

const message = (n: number) => Buffer.from(`Subject: ${n}\r\n\r\nHello ${n}.\r\n`)
const LONG = Buffer.from(`Subject: long\r\n\r\n${'a line of text\r\n'.repeat(6_000)}`)
const to = (n: number) => ({ from: 'b@x.test', to: `r${n}@y.test` })

function senderTo(
  { port }: { port: number },
  options: SenderOptions = {},
  connections = 1,
  more: { implicitTls?: boolean } = {},
): Sender {
  const config = { name: 't', kind: 'smtp', host: '127.0.0.1', port, implicitTls: false } as const
  const rest = { user: null, password: null, ratePerSecond: null, connections }
  const sender = createSmtpSender({ ...config, ...rest, ...more }, options)
  cleanup.push(() => sender.close({ graceMs: 0 }))
  return sender
}

async function script(options: Script = {}): Promise<ScriptedServer> {
  const server = await startScript(options)
  cleanup.push(() => server.close())
  return server
}

/** The first message alone: only then is it known that the server is quick, and envelopes are written ahead. */
async function sendAll(sender: Sender, count: number, bytes = message) {
  const first = await sender.send(to(1), bytes(1))
  const others = Array.from({ length: count - 1 }, (_, i) => sender.send(to(i + 2), bytes(i + 2)))
  return [first, ...(await Promise.all(others))]
}

const outcomes = (results: readonly { outcome: string }[]) => results.map((each) => each.outcome)

describe('pipelining', () => {
  test.each([
    ['short', message],
    ['long', () => LONG],
  ])(
    'the end of a %s message and the envelope of the next come in one packet',
    async (_, bytes) => {
      const server = await script()
      expect(outcomes(await sendAll(senderTo(server), 4, bytes))).toEqual(Array(4).fill('accepted'))
      expect(server.whole.map((each) => each.to)).toEqual([
        'r1@y.test',
        'r2@y.test',
        'r3@y.test',
        'r4@y.test',
      ])
      expect(server.whole[2]?.data).toBe(bytes(3).toString())
      const ends = server.chunks.filter((chunk) =>
        /(^|\r\n)\.\r\nMAIL FROM:<b@x\.test>\r\nRCPT TO:<r\d@y\.test>\r\nDATA\r\n$/.test(chunk),
      )
      expect(ends).toHaveLength(2)
    },
  )

  test('without PIPELINING nothing is said before the reply to what was said before', async () => {
    const server = await script({ pipelining: false })
    expect(outcomes(await sendAll(senderTo(server), 4))).toEqual(Array(4).fill('accepted'))
    expect(server.hasty).toEqual([])
    expect(server.connections()).toBe(1)
  })

  test.each([true, false])(
    'each reply finds its own message when all come in one packet (pipelining %s)',
    async (pipelining) => {
      const refusal: Record<string, string> = {
        r2: '450 4.2.0 later',
        r3: '550 5.1.1 nobody',
        r5: '550 5.1.1 nobody',
        r6: '451 4.3.0 busy',
      }
      const server = await script({
        pipelining,
        answer: ({ kind, line }) =>
          kind === 'rcpt' ? refusal[/<(r\d)/.exec(line)?.[1] ?? ''] : undefined,
      })
      const results = await sendAll(senderTo(server), 7)
      expect(outcomes(results)).toEqual([
        ...['accepted', 'deferred', 'rejected', 'accepted', 'rejected', 'deferred', 'accepted'],
      ])
      const taken = server.whole.filter(({ data }) => data !== '').map((each) => each.to)
      expect(taken).toEqual(['r1@y.test', 'r4@y.test', 'r7@y.test'])
    },
  )

  test('a server that asks for a message to nobody gets an empty one, and the next message its own end', async () => {
    const server = await script({
      answer: ({ kind, nth }) => {
        if (kind === 'rcpt' && nth === 2) return '550 5.1.1 nobody'
        return kind === 'dot' && nth === 2 ? '554 5.5.1 no recipients' : undefined
      },
    })
    expect(outcomes(await sendAll(senderTo(server), 3))).toEqual([
      'accepted',
      'rejected',
      'accepted',
    ])
    expect(server.whole.map(({ data }) => data)).toEqual([
      ...[message(1).toString(), '', message(3).toString()],
    ])
  })

  test.each([true, false])(
    'what was left open by a refusal is reset before the next (pipelining %s)',
    async (pipelining) => {
      const server = await script({
        pipelining,
        answer: ({ kind, nth }) => {
          if (kind === 'rcpt' && nth === 1) return '550 5.1.1 nobody'
          if (kind === 'data' && nth === 1 && pipelining) return '503 5.5.1 no recipients'
          return kind === 'data' && nth === 2 ? '451 4.3.0 no room' : undefined
        },
      })
      const sender = senderTo(server)
      const results = []
      for (let n = 1; n <= 3; n++) results.push(await sender.send(to(n), message(n)))
      expect(outcomes(results)).toEqual([
        'rejected',
        pipelining ? 'deferred' : 'accepted',
        pipelining ? 'accepted' : 'deferred',
      ])
      expect(server.chunks.join('')).toMatch(
        /r1@y\.test>\r\n(DATA\r\n)?RSET\r\nMAIL FROM:<b@x\.test>\r\nRCPT TO:<r2@/,
      )
    },
  )

  test("a sender refused in the middle is the relay's doing, and no message is sent without one", async () => {
    const server = await script({
      answer: ({ kind, nth }) => {
        if (kind === 'mail' && nth === 2) return '550 5.7.1 not you'
        return (kind === 'rcpt' || kind === 'data') && nth === 2 ? '503 5.5.1 no sender' : undefined
      },
    })
    const results = await sendAll(senderTo(server), 3)
    expect(results[1]).toMatchObject({
      outcome: 'not-begun',
      fault: 'refused',
      reply: { code: 550 },
    })
    expect(server.whole.map((each) => each.to)).toEqual(['r1@y.test', 'r3@y.test'])
    const gullible = await script({
      answer: ({ kind }) => (kind === 'mail' ? '550 5.7.1 not you' : undefined),
    })
    expect(await senderTo(gullible).send(to(1), message(1))).toMatchObject({ fault: 'refused' })
    expect(gullible.whole).toEqual([])
  })

  test('a message that may no longer begin when its turn has come is not sent, its envelope notwithstanding', async () => {
    let paused = false
    const server = await script({
      answer: ({ kind, nth }) => {
        if (kind === 'dot' && nth === 2) paused = true
        return undefined
      },
    })
    const sender = senderTo(server)
    await sender.send(to(1), message(1))
    const mayBegin = () => !paused
    const results = await Promise.all(
      [2, 3, 4].map((n) => sender.send(to(n), message(n), { mayBegin })),
    )
    expect(results).toMatchObject([{ outcome: 'accepted' }, { fault: 'late' }, { fault: 'late' }])
    expect(server.whole).toHaveLength(2)
    expect(server.chunks.join('')).toContain('RCPT TO:<r3@y.test>')
    expect(server.chunks.join('')).not.toContain('Hello 3')
  })

  test('a message that may no longer be written when it is asked for is not, however it began', async () => {
    let over = false
    const server = await script({
      answer: ({ kind }) => {
        if (kind === 'data') over = true
        return undefined
      },
    })
    const result = await senderTo(server).send(to(1), message(1), { mayGoOn: () => !over })
    expect(result).toMatchObject({ outcome: 'not-begun', fault: 'late' })
    expect(server.chunks.join('')).toMatch(/DATA\r\n$/)
  })

  test('a message that waits for its connection is given back as soon as it may not begin', async () => {
    const server = await script({
      answer: ({ kind, nth }) => (kind === 'dot' && nth === 2 ? HOLD : undefined),
    })
    const sender = senderTo(server)
    await sender.send(to(1), message(1))
    let paused = false
    void sender.send(to(2), message(2))
    const waits = sender.send(to(3), message(3), { mayBegin: () => !paused })
    const alsoWaits = sender.send(to(4), message(4), { mayBegin: () => !paused })
    await expect.poll(() => server.whole.length).toBe(2)
    paused = true
    expect(await alsoWaits).toMatchObject({ outcome: 'not-begun', fault: 'late' })
    await sender.close({ graceMs: 0 })
    expect((await waits).outcome).toBe('not-begun')
  })

  test('envelopes are not written ahead to a slow server', async () => {
    const server = await script({
      answer: ({ kind, socket }) => {
        if (kind !== 'dot') return undefined
        setTimeout(() => socket.write('250 2.0.0 taken\r\n'), 600)
        return null
      },
    })
    expect(outcomes(await sendAll(senderTo(server), 3))).toEqual(Array(3).fill('accepted'))
    expect(server.chunks.join('|')).not.toMatch(/\r\n\.\r\nMAIL/)
  })
})

describe('connections that end', () => {
  test('a server that closes without a word at its limit costs no message and doubles none', async () => {
    const server = await script({
      answer: ({ kind, nth, socket }) => {
        if (kind !== 'dot' || nth !== 2) return undefined
        setImmediate(() => socket.end())
        return `250 2.0.0 taken\r\n${HOLD}`
      },
    })
    expect(outcomes(await sendAll(senderTo(server), 9))).toEqual(Array(9).fill('accepted'))
    expect(server.whole.map((each) => each.to).toSorted()).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `r${n}@y.test`),
    )
  })

  test('421 to the end of a message is about that one; the one behind it goes over a new connection', async () => {
    const server = await script({
      answer: ({ kind, nth, connection, socket }) => {
        if (kind !== 'dot' || nth !== 2 || connection !== 1) return undefined
        setImmediate(() => socket.end())
        return '421 4.3.2 closing'
      },
    })
    expect(outcomes(await sendAll(senderTo(server), 4))).toEqual([
      'accepted',
      'deferred',
      'accepted',
      'accepted',
    ])
    expect(server.connections()).toBe(2)
  })

  // What the server had is what decides, wherever it was cut: never lost, never twice, uncertain only where it was whole.
  test.each([true, false])(
    'cut after every single octet, the outcome says what happened (pipelining %s)',
    async (pipelining) => {
      const probe = await script({ pipelining })
      await sendAll(senderTo(probe), 3)
      const length = probe.chunks.join('').length
      for (let cutAfter = 1; cutAfter <= length; cutAfter++) {
        const server = await startScript({ pipelining, cutAfter })
        const sender = createSmtpSender({
          ...{ name: 't', kind: 'smtp', host: '127.0.0.1', port: server.port, implicitTls: false },
          ...{ user: null, password: null, ratePerSecond: null, connections: 1 },
        })
        const results = await sendAll(sender, 3)
        await sender.close()
        await server.close()
        results.forEach((result, i) => {
          const times = server.whole.filter((each) => each.to === `r${i + 1}@y.test`).length
          const place = `cut after ${cutAfter}, message ${i + 1}: ${result.outcome}`
          expect(times, place).toBeLessThanOrEqual(1)
          if (result.outcome === 'accepted') expect(times, place).toBe(1)
          if (result.outcome === 'not-begun') expect(times, place).toBe(0)
          expect(['accepted', 'not-begun', 'uncertain']).toContain(result.outcome)
        })
        const unsure = results.filter((each) => each.outcome === 'uncertain').length
        expect(unsure).toBeLessThanOrEqual(1)
      }
    },
    60_000,
  )
})

describe('a server that talks strangely', () => {
  const PHASES = ['mail', 'rcpt', 'data', 'dot'] as const

  test.each([
    ['a line at a time, an octet a packet', { drip: true }],
    [
      'in several lines',
      {
        answer: ({ kind }) =>
          kind === 'rcpt' ? '250-2.1.5 well\r\n250-2.1.5 then\r\n250 2.1.5 ok' : undefined,
      },
    ],
    [
      'with blank lines between',
      { answer: ({ kind }) => (kind === 'mail' ? '\r\n250 ok' : undefined) },
    ],
    [
      'with LF alone',
      { answer: ({ kind }) => (kind === 'dot' ? '250-a\n250 2.0.0 b' : undefined) },
    ],
  ] satisfies [string, Script][])('is understood: %s', async (_, options) => {
    const server = await script(options)
    expect(outcomes(await sendAll(senderTo(server), 4))).toEqual(Array(4).fill('accepted'))
    expect(server.connections()).toBe(1)
  })

  test.each(
    PHASES.flatMap((phase) =>
      [
        'hello there',
        '99',
        '999 no',
        '250-one\r\n251 other',
        `250 ${'x'.repeat(50_000)}`,
        `250 ${'x'.repeat(200_000)}`,
        '250-x\r\n'.repeat(20_000),
      ].map((words) => [phase, words] as const),
    ),
  )('garbage to %s is no answer: %.20s', async (phase, words) => {
    const isReadable = /^250 x{50000}$/.test(words)
    const server = await script({ answer: ({ kind }) => (kind === phase ? words : undefined) })
    const result = await senderTo(server, { silenceTimeoutMs: 2_000 }).send(to(1), message(1))
    if (phase === 'dot') expect(result.outcome).toBe(isReadable ? 'accepted' : 'uncertain')
    else if (isReadable && phase !== 'data') expect(result.outcome).toBe('accepted')
    else expect(result).toMatchObject({ outcome: 'not-begun', fault: 'unavailable' })
    expect(JSON.stringify(result).length).toBeLessThan(1_000)
  })

  test.each(['mail', 'rcpt', 'data', 'dot'] as const)(
    'a reply to %s that never ends is silence',
    async (phase) => {
      const server = await script({
        answer: ({ kind, socket }) => {
          if (kind !== phase) return undefined
          const timer = setInterval(() => socket.write('2'), 20)
          socket.on('close', () => clearInterval(timer))
          return null
        },
      })
      const patience = { silenceTimeoutMs: 300, envelopeTimeoutMs: 300 }
      const result = await senderTo(server, patience).send(to(1), message(1))
      expect(result.outcome).toBe(phase === 'dot' ? 'uncertain' : 'not-begun')
    },
  )

  test('one that answers before it is asked is never believed', async () => {
    const all = ['250 mail', '250 rcpt', '354 go', '250 2.0.0 taken'].join('\r\n')
    const early = await script({
      answer: ({ kind }) => (kind === 'ehlo' ? `250 x\r\n${all}` : undefined),
    })
    expect((await senderTo(early).send(to(1), message(1))).outcome).toBe('not-begun')
    const eager = await script({
      answer: ({ kind }) => (kind === 'data' ? '354 go\r\n250 2.0.0 taken' : undefined),
    })
    for (const bytes of [message(1), LONG]) {
      expect((await senderTo(eager).send(to(1), bytes)).outcome).toBe('uncertain')
    }
    const chatty = await script({
      answer: ({ kind, nth }) =>
        kind === 'dot' && nth === 1 ? '250 taken\r\n250 and again' : undefined,
    })
    const results = await sendAll(senderTo(chatty), 3)
    expect(results[0]?.outcome).toBe('accepted')
    expect(outcomes(results.slice(1))).toEqual(['accepted', 'accepted'])
    expect(chatty.whole.map((each) => each.to)).toEqual(['r1@y.test', 'r2@y.test', 'r3@y.test'])
  })

  test('354 is waited for, however late', async () => {
    const said: string[] = []
    const server = await script({
      answer: ({ kind, socket }) => {
        if (kind !== 'data') return undefined
        setTimeout(() => {
          said.push(server.chunks.join(''))
          socket.write('354 now\r\n')
        }, 150)
        return null
      },
    })
    void senderTo(server).send(to(1), message(1))
    await expect.poll(() => server.chunks.join('')).toContain('Hello 1.\r\n.\r\n')
    expect(said[0]).not.toContain('Hello')
  })
})

describe('what a server does not offer', () => {
  const eightBit = Buffer.from('Subject: x\r\n\r\ncafé\r\n')

  test('a message over its SIZE is not begun, and it is told the size of others', async () => {
    const server = await script({ extensions: ['SIZE 1000'] })
    const sender = senderTo(server)
    expect(await sender.send(to(1), LONG)).toMatchObject({
      outcome: 'rejected',
      reply: { code: null },
    })
    expect(await sender.send(to(2), message(2))).toMatchObject({ outcome: 'accepted' })
    expect(server.chunks.join('')).toContain(`MAIL FROM:<b@x.test> SIZE=${message(2).length}\r\n`)
    expect(server.chunks.join('')).not.toContain('r1@y.test')
  })

  test('8-bit text goes out as 8BITMIME or not at all', async () => {
    const plain = await script()
    expect(await senderTo(plain).send(to(1), eightBit)).toMatchObject({
      outcome: 'rejected',
      reply: { code: null },
    })
    const able = await script({ extensions: ['8BITMIME'] })
    expect(await senderTo(able).send(to(1), eightBit)).toMatchObject({ outcome: 'accepted' })
    expect(able.chunks.join('')).toContain('MAIL FROM:<b@x.test> BODY=8BITMIME\r\n')
    expect(able.whole[0]?.data).toContain(Buffer.from('café').toString('latin1'))
  })

  test('an address outside ASCII goes out under SMTPUTF8 or not at all', async () => {
    const envelope = { from: 'b@x.test', to: 'jörg@y.test' }
    const plain = await script({ extensions: ['8BITMIME'] })
    expect(await senderTo(plain).send(envelope, message(1))).toMatchObject({
      outcome: 'rejected',
      reply: { code: null },
    })
    const able = await script({ extensions: ['8BITMIME', 'SMTPUTF8'] })
    expect(await senderTo(able).send(envelope, message(1))).toMatchObject({ outcome: 'accepted' })
    expect(able.chunks.join('')).toMatch(/MAIL FROM:<b@x\.test> .*SMTPUTF8\r\n/)
    expect(able.chunks.join('')).toContain(
      `RCPT TO:<${Buffer.from('jörg').toString('latin1')}@y.test>`,
    )
  })

  test('a connection is left when it has carried its share, and when it carries nothing', async () => {
    const server = await script()
    const sender = senderTo(server, { maxMessages: 2, idleMs: 150 })
    expect(outcomes(await sendAll(sender, 5))).toEqual(Array(5).fill('accepted'))
    await expect.poll(() => server.chunks.filter((chunk) => chunk.includes('QUIT')).length).toBe(3)
    expect(server.connections()).toBe(3)
  })
})

describe('TLS', () => {
  const read = (name: string) =>
    readFileSync(join(import.meta.dirname, '../fixtures/tls', `localhost-${name}.pem`))
  const tls = { cert: read('cert'), key: read('key') }

  test('what came before STARTTLS is forgotten, and each message goes through it', async () => {
    const said: string[] = []
    const server = createServer((plain) => {
      plain.on('error', () => {})
      plain.write('220 x\r\n')
      let commands = 0
      plain.on('data', () => {
        commands += 1
        if (commands === 1) plain.write('250-x\r\n250 STARTTLS\r\n')
        if (commands !== 2) return
        plain.removeAllListeners('data')
        // Whoever stands between adds an answer that is to be believed later.
        plain.write('220 go\r\n250-evil\r\n250-PIPELINING\r\n250 SIZE 1\r\n')
        const secure = new TLSSocket(plain, { isServer: true, ...tls })
        secure.on('error', () => {})
        secure.on('data', (chunk) => {
          said.push(chunk.toString())
          const isMessage = chunk.toString().endsWith('\r\n.\r\n')
          const words = { EHLO: '250 x', DATA: '354 go', QUIT: '221 bye' }
          const word = words[chunk.toString().slice(0, 4) as keyof typeof words]
          secure.write(`${isMessage ? '250 taken' : (word ?? '250 ok')}\r\n`)
        })
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanup.push(async () => server.close())
    const sender = senderTo(server.address() as AddressInfo)
    expect(outcomes(await sendAll(sender, 2))).toEqual(['accepted', 'accepted'])
    // Not PIPELINING, and not SIZE: those were said in the clear.
    expect(said.filter((chunk) => chunk.startsWith('MAIL'))).toEqual(
      Array(2).fill('MAIL FROM:<b@x.test>\r\n'),
    )
  })

  test('over TLS from the first octet long messages follow each other as in the clear', async () => {
    const server = await script({ tls })
    const sender = senderTo(server, {}, 1, { implicitTls: true })
    const results = await sendAll(sender, 6, (n) => (n % 2 ? LONG : message(n)))
    expect(outcomes(results)).toEqual(Array(6).fill('accepted'))
    expect(server.whole.map(({ data }) => data.length)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => (n % 2 ? LONG : message(n)).length),
    )
    expect(server.connections()).toBe(1)
    expect(server.chunks.join('')).toMatch(/\r\n\.\r\nMAIL FROM/)
  })
})
