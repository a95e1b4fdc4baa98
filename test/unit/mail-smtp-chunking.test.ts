import { afterEach, describe, expect, test } from 'vitest'
import { createSmtpSender, type Sender, type SenderOptions } from '../../src/mail/smtp.ts'
import { HOLD, type Script, type ScriptedServer, startScript } from '../support/smtp-script.ts'

const cleanup: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step()
})

const message = (n: number) => Buffer.from(`Subject: ${n}\r\n\r\nHello ${n}.\r\n`)
const LONG = Buffer.from(`Subject: long\r\n\r\n${'a line of text\r\n'.repeat(40_000)}`)
const HUGE = Buffer.concat([message(2), Buffer.alloc(16_000_000, 'line of text.\r\n')])
const to = (n: number) => ({ from: 'b@x.test', to: `r${n}@y.test` })
const READY = { isWireReady: true }
const outcomes = (results: readonly { outcome: string }[]) => results.map((each) => each.outcome)

const CLOSES = '(closes)'

/** Every server is far for it, however near. */
function senderTo(
  { port }: { port: number },
  options: SenderOptions = {},
  more: { chunking?: boolean; connections?: number } = {},
): Sender {
  const config = { name: 't', kind: 'smtp', host: '127.0.0.1', port, implicitTls: false } as const
  const rest = { user: null, password: null, ratePerSecond: null, connections: 1, ...more }
  const sender = createSmtpSender({ ...config, ...rest }, { farMs: 0, ...options })
  cleanup.push(() => sender.close({ graceMs: 0 }))
  return sender
}

async function script(options: Script = {}): Promise<ScriptedServer> {
  const server = await startScript({ extensions: ['CHUNKING'], ...options })
  cleanup.push(() => server.close())
  return server
}

/** The first goes alone, by DATA; only then is it known how far the server is. */
async function sendAll(sender: Sender, count: number, bytes = message) {
  const first = await sender.send(to(1), bytes(1), READY)
  const others = Array.from({ length: count - 1 }, (_, i) =>
    sender.send(to(i + 2), bytes(i + 2), READY),
  )
  return [first, ...(await Promise.all(others))]
}

const said = (server: ScriptedServer) => server.chunks.join('')
/** The second and third message of a connection are the first that are on their way together. */
const answering =
  (kind: string, words: string, nth = 1): NonNullable<Script['answer']> =>
  (step) =>
    step.connection === 1 && step.kind === kind && step.nth === nth ? words : undefined

describe('a far server that takes CHUNKING', () => {
  test.each([
    ['short', message],
    ['long', (n: number) => (n === 2 ? LONG : message(n))],
  ])(
    'gets envelope and %s message in one write, and a second one before it has answered',
    async (_, bytes) => {
      const server = await script({
        answer: ({ kind, nth }) => (kind === 'mail' && nth === 2 ? HOLD : undefined),
      })
      const sender = senderTo(server)
      await sender.send(to(1), message(1), READY)
      expect(said(server)).toContain('DATA\r\n')
      for (const n of [2, 3, 4]) void sender.send(to(n), bytes(n), READY)
      const whole = (n: number) =>
        `MAIL FROM:<b@x.test>\r\nRCPT TO:<r${n}@y.test>\r\nBDAT ${bytes(n).length} LAST\r\n${bytes(n)}`
      await expect.poll(() => said(server)).toContain(`${whole(2)}RSET\r\n${whole(3)}`)
      expect(server.chunks.some((chunk) => chunk.includes('r2@y.test>\r\nBDAT'))).toBe(true)
      expect(said(server)).not.toContain('r4@y.test')
      expect(said(server).match(/DATA/g)).toHaveLength(1)
      expect(sender.lanes).toBe(3)
    },
  )

  test.each([
    ['short', message],
    ['long', () => LONG],
  ])('gets %s messages whole and in order over one connection', async (_, bytes) => {
    const server = await script()
    expect(outcomes(await sendAll(senderTo(server), 6, bytes))).toEqual(Array(6).fill('accepted'))
    expect(server.whole.map((each) => each.to)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `r${n}@y.test`),
    )
    expect(server.whole.map(({ data }) => data)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => bytes(n).toString()),
    )
    expect(said(server).match(/BDAT/g)).toHaveLength(5)
    expect(server.connections()).toBe(1)
  })

  test('is known by how late it answers, and a near one is asked by DATA as ever', async () => {
    const far = await script({ lateMs: 25 })
    await sendAll(senderTo(far, { farMs: 10 }), 4)
    expect(said(far).match(/BDAT/g)).toHaveLength(3)
    const near = await script()
    const sender = senderTo(near, { farMs: 5_000 })
    await sendAll(sender, 4)
    expect(said(near)).not.toContain('BDAT')
    expect(sender.lanes).toBe(2)
  })

  test('is no longer far when it has answered quickly once', async () => {
    const options: Script = {
      extensions: ['CHUNKING'],
      answer: ({ kind, nth }) => {
        if (nth === 1 && kind === 'mail') options.lateMs = 400
        if (kind === 'dot') options.lateMs = 0
        return undefined
      },
    }
    const server = await startScript(options)
    cleanup.push(() => server.close())
    const sender = senderTo(server, { farMs: 300 })
    await sender.send(to(1), message(1), READY)
    for (const n of [2, 3]) await sender.send(to(n), message(n), READY)
    expect(said(server).match(/BDAT/g)).toHaveLength(1)
  })

  test.each([
    ['chunking=no', {}, { chunking: false }],
    ['no CHUNKING', { extensions: [] }, {}],
    ['no PIPELINING', { pipelining: false }, {}],
  ] satisfies [string, Script, { chunking?: boolean }][])(
    'with %s each message waits for DATA',
    async (_, options, config) => {
      const server = await script(options)
      expect(outcomes(await sendAll(senderTo(server, {}, config), 3))).toEqual(
        Array(3).fill('accepted'),
      )
      expect(said(server)).not.toContain('BDAT')
    },
  )

  test('gets by DATA what may have a dot to be stuffed, between others', async () => {
    const server = await script()
    const sender = senderTo(server)
    const dotted = Buffer.from('Subject: x\r\n\r\n.dotted\r\n')
    const results = [await sender.send(to(1), message(1), READY)]
    results.push(
      ...(await Promise.all([
        ...[2, 3].map((n) => sender.send(to(n), message(n), READY)),
        sender.send(to(4), dotted),
        ...[5, 6].map((n) => sender.send(to(n), message(n), READY)),
      ])),
    )
    expect(outcomes(results)).toEqual(Array(6).fill('accepted'))
    expect(server.whole.map((each) => each.to)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `r${n}@y.test`),
    )
    expect(server.whole[3]?.data).toBe('Subject: x\r\n\r\n..dotted\r\n')
    expect(said(server).match(/BDAT/g)).toHaveLength(4)
  })

  test('is told the size, and given no more over a connection than its share', async () => {
    const server = await script({ extensions: ['CHUNKING', 'SIZE 1000'] })
    const results = await sendAll(senderTo(server, { maxMessages: 3 }), 7, (n) =>
      n === 5 ? LONG : message(n),
    )
    expect(outcomes(results).filter((each) => each === 'accepted')).toHaveLength(6)
    expect(results[4]).toMatchObject({ outcome: 'rejected', reply: { code: null } })
    expect(said(server)).toContain(`MAIL FROM:<b@x.test> SIZE=${message(3).length}\r\n`)
    const shares = [1, 2, 3].map((n) => server.whole.filter((each) => each.connection === n).length)
    expect(shares).toEqual([3, 3, 0])
  })
})

describe('each reply belongs to its own message', () => {
  test.each([
    ['rcpt', '550 5.1.1 nobody', 'rejected'],
    ['rcpt', '450 4.2.0 later', 'deferred'],
    ['mail', '550 5.7.1 not you', 'not-begun'],
    ['mail', '451 4.3.0 later', 'not-begun'],
  ])(
    '%s answered by %s: %s, and the one behind it is none the worse',
    async (at, words, outcome) => {
      let refused = false
      const server = await script({
        answer: ({ kind, nth }) => {
          if (kind === at && nth === 2) refused = true
          if (kind === at && nth === 2) return words
          if (kind === 'rset') refused = false
          return kind === 'bdat' && refused ? '503 5.5.1 no valid recipients' : undefined
        },
      })
      const results = await sendAll(senderTo(server), 4)
      expect(outcomes(results)).toEqual(['accepted', outcome, 'accepted', 'accepted'])
      expect(results[1]).toMatchObject({ reply: { code: Number(words.slice(0, 3)) } })
      expect(server.whole.map((each) => each.to)).toEqual(['r1@y.test', 'r3@y.test', 'r4@y.test'])
      expect(server.connections()).toBe(1)
    },
  )

  test.each([
    ['554 5.7.1 spam', 'rejected'],
    ['452 4.3.1 full', 'deferred'],
  ])('BDAT answered by %s: %s, and the one behind it begins anew', async (words, outcome) => {
    const server = await script({ answer: answering('bdat', words) })
    expect(outcomes(await sendAll(senderTo(server), 4))).toEqual([
      ...['accepted', outcome, 'accepted', 'accepted'],
    ])
    expect(said(server)).toMatch(/Hello 2\.\r\nRSET\r\nMAIL FROM:<b@x\.test>\r\nRCPT TO:<r3@/)
  })

  test('one sent alone after a BDAT that failed begins anew as well', async () => {
    const server = await script({ answer: answering('bdat', '452 4.3.1 full') })
    const sender = senderTo(server)
    for (const n of [1, 2, 3]) await sender.send(to(n), message(n), READY)
    expect(said(server)).toMatch(/Hello 2\.\r\nRSET\r\nMAIL FROM/)
  })

  test('a server that refuses a sender and then takes the message has nobody know', async () => {
    const server = await script({ answer: answering('mail', '550 5.7.1 not you', 2) })
    const results = await sendAll(senderTo(server), 2)
    expect(outcomes(results)).toEqual(['accepted', 'uncertain'])
  })
})

describe('a far server that goes away', () => {
  // Both that were on their way together; what comes after them is asked for.
  test.each([
    ['without a word', CLOSES, 'uncertain'],
    ['with garbage', 'well, well', 'uncertain'],
    ['with an error to RSET', '250 2.0.0 taken\r\n500 5.5.1 what', 'accepted'],
    ['never', null, 'uncertain'],
  ])('%s, two unanswered: they are uncertain, and no others', async (_, words, first) => {
    let chunks = 0
    const server = await script({
      answer: ({ kind, connection, socket }) => {
        if (kind === 'bdat') chunks += 1
        if (chunks === 0 || connection > 1) return undefined
        if (kind !== 'bdat' || chunks !== 2) return null
        if (words === CLOSES) socket.destroy()
        return words
      },
    })
    const results = await sendAll(senderTo(server, { silenceTimeoutMs: 400 }), 5)
    expect(outcomes(results)).toEqual([
      ...['accepted', first, 'uncertain'],
      ...(words?.startsWith('250') ? ['uncertain', 'accepted'] : ['accepted', 'accepted']),
    ])
    expect(said(server).match(/BDAT/g)?.length).toBe(words?.startsWith('250') ? 3 : 2)
    expect(new Set(server.whole.map((each) => each.to)).size).toBe(server.whole.length)
  })

  test('at its limit, without a word: the two behind are uncertain, once, and none is doubled', async () => {
    const server = await script({
      answer: ({ kind, connection, nth, socket }) => {
        // After two messages, however they came.
        const isSecond = kind === 'bdat' ? nth === 1 : kind === 'dot' && nth === 2
        if (!isSecond || connection > 2) return undefined
        setImmediate(() => socket.end())
        return `250 2.0.0 taken\r\n${HOLD}`
      },
    })
    const results = await sendAll(senderTo(server), 8)
    expect(outcomes(results)).toEqual([
      ...['accepted', 'accepted', 'uncertain', 'uncertain', ...Array(4).fill('accepted')],
    ])
    expect(server.connections()).toBe(3)
    expect(new Set(server.whole.map((each) => each.to)).size).toBe(server.whole.length)
  })

  test.each([
    ['bdat', 1, 'deferred'],
    ['rset', 1, 'accepted'],
    ['mail', 3, 'accepted'],
  ])(
    '421 to %s: what stands behind it was not carried out, and goes over another connection',
    async (at, nth, outcome) => {
      const server = await script({
        answer: (step) => {
          const words = answering(at, `421 4.3.2 closing\r\n${HOLD}`, nth)(step)
          if (words) setImmediate(() => step.socket.end())
          return words
        },
      })
      const results = await sendAll(senderTo(server), 4)
      expect(outcomes(results)).toEqual(['accepted', outcome, 'accepted', 'accepted'])
      expect(server.whole.filter((each) => each.to === 'r3@y.test')).toHaveLength(1)
    },
  )

  test('a server that goes on after 421 has nobody know what it did', async () => {
    const server = await script({ answer: answering('bdat', '421 4.3.2 closing') })
    const results = await sendAll(senderTo(server), 4)
    expect(outcomes(results)).toEqual(['accepted', 'deferred', 'uncertain', 'accepted'])
  })

  test('one that does not know BDAT after all is asked by DATA from then on', async () => {
    const server = await script({ answer: answering('bdat', '502 5.5.1 not implemented') })
    const sender = senderTo(server)
    for (const n of [1, 2, 3]) {
      expect(await sender.send(to(n), message(n), READY)).toMatchObject({ outcome: 'accepted' })
    }
    expect(server.connections()).toBe(2)
    expect(said(server).match(/BDAT/g)).toHaveLength(1)
  })

  test.each([
    ['taken before it was read', 'uncertain', '250 2.1.5 ok\r\n250 2.0.0 taken'],
    ['refused before it was read', 'rejected', '550 5.1.1 nobody\r\n503 5.5.1 no'],
    ['not read to its end', 'not-begun', null],
  ])('a message that is %s: %s', async (_, outcome, words) => {
    const server = await script({
      answer: ({ kind, nth, connection, socket }) => {
        if (kind !== 'rcpt' || nth !== 2 || connection > 1) return undefined
        socket.pause()
        if (words === null) setImmediate(() => socket.resetAndDestroy())
        return `${words ?? ''}\r\n${HOLD}`
      },
    })
    const results = await sendAll(senderTo(server), 3, (n) => (n === 2 ? HUGE : message(n)))
    expect(outcomes(results)).toEqual(['accepted', outcome, 'accepted'])
    expect(server.connections()).toBe(2)
  })

  test('an answer that stood before the question is none', async () => {
    // To the third message as well, and to the next two, which are written when the first of these are read.
    const server = await script({
      answer: ({ kind, nth, connection, socket }) => {
        if (kind !== 'bdat' || nth !== 1 || connection > 1) return undefined
        setTimeout(() => socket.write('250 2.0.0 taken\r\n'.repeat(2)), 50)
        return `${'250 2.0.0 taken\r\n'.repeat(7)}${HOLD}`
      },
    })
    expect(outcomes(await sendAll(senderTo(server), 5))).toEqual([
      ...['accepted', 'accepted', 'accepted', 'uncertain', 'uncertain'],
    ])
  })

  // What the server had is what decides, wherever it was cut: never lost, never twice, uncertain only where it was whole.
  test('cut after every single octet, the outcome says what happened', async () => {
    const probe = await script()
    await sendAll(senderTo(probe), 4)
    const length = said(probe).length
    for (let cutAfter = 1; cutAfter <= length; cutAfter++) {
      const server = await startScript({ extensions: ['CHUNKING'], cutAfter })
      const sender = senderTo(server)
      const results = await sendAll(sender, 4)
      await sender.close()
      await server.close()
      results.forEach(({ outcome }, i) => {
        const times = server.whole.filter((each) => each.to === `r${i + 1}@y.test`).length
        const place = `cut after ${cutAfter}, message ${i + 1}: ${outcome}`
        expect(times, place).toBeLessThanOrEqual(1)
        if (outcome === 'accepted') expect(times, place).toBe(1)
        if (outcome === 'not-begun') expect(times, place).toBe(0)
        expect(['accepted', 'not-begun', 'uncertain']).toContain(outcome)
      })
      expect(outcomes(results).filter((each) => each === 'uncertain').length).toBeLessThanOrEqual(2)
    }
  }, 60_000)
})

describe('nothing is written that may not begin', () => {
  test.each(['mayBegin', 'mayGoOn'])('%s is asked right before', async (name) => {
    let isPaused = false
    const server = await script({
      answer: ({ kind, nth }) => {
        if (kind === 'bdat' && nth === 1) isPaused = true
        return undefined
      },
    })
    const sender = senderTo(server)
    await sender.send(to(1), message(1), READY)
    const results = await Promise.all(
      [2, 3, 4, 5].map((n) =>
        sender.send(to(n), message(n), { ...READY, [name]: () => !isPaused }),
      ),
    )
    expect(results).toMatchObject([
      ...[{ outcome: 'accepted' }, { outcome: 'accepted' }, { fault: 'late' }, { fault: 'late' }],
    ])
    expect(said(server)).not.toMatch(/r[45]@/)
  })

  test('behind another nothing is written whose time is over when that one is done', async () => {
    const server = await script({ lateMs: 60 })
    const sender = senderTo(server)
    await sender.send(to(1), message(1), READY)
    const beginBy = performance.now() + 40
    const results = await Promise.all([
      sender.send(to(2), message(2), READY),
      sender.send(to(3), message(3), { ...READY, beginBy }),
      sender.send(to(4), message(4), READY),
    ])
    expect(results).toMatchObject([
      ...[
        { outcome: 'accepted' },
        { outcome: 'not-begun', fault: 'late' },
        { outcome: 'accepted' },
      ],
    ])
    expect(said(server)).not.toContain('r3@y.test')
  })

  test('a server that took long with the last one has one message at a time', async () => {
    const server = await script({
      answer: ({ kind, socket }) => {
        if (kind === 'dot') setTimeout(() => socket.write('250 2.0.0 taken\r\n'), 550)
        return kind === 'dot' || kind === 'bdat' ? null : undefined
      },
    })
    const sender = senderTo(server)
    await sender.send(to(1), message(1), READY)
    for (const n of [2, 3]) void sender.send(to(n), message(n), READY)
    await expect.poll(() => server.whole.length).toBe(2)
    expect(said(server)).toContain('BDAT')
    expect(said(server)).not.toContain('r3@y.test')
  })
})
