import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { createSender } from '../../src/mail/sender.ts'
import type { Sender } from '../../src/mail/smtp.ts'

const cleanup: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step()
})

const ENVELOPE = { from: 'b@x.test', to: 'ada@y.test' }
const MESSAGE = Buffer.from('Message-ID: <1@x.test>\r\nSubject: Hi\r\n\r\nHéllo.\r\n')
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }

type Answer = {
  status?: number
  type?: string
  body?: Record<string, unknown>
  cut?: boolean
  hold?: boolean
}
type Asked = {
  path: string
  authorization: string
  body: { Content?: { Raw: { Data: string } } } & Record<string, unknown>
}

/** Speaks as much of SES's API (v2) as a sender needs. */
async function fakeSes(answer: (nth: number) => Answer = () => ({})) {
  const asked: Asked[] = []
  const held: ServerResponse[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const { authorization = '' } = request.headers
    asked.push({
      path: request.url ?? '',
      authorization,
      body: text === '' ? {} : JSON.parse(text),
    })
    const { status = 200, type, body, cut, hold } = answer(asked.length)
    if (cut) return request.socket.destroy()
    if (hold) return held.push(response)
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(type === undefined ? {} : { 'x-amzn-errortype': type }),
    })
    return response.end(JSON.stringify(body ?? { MessageId: `0100-${asked.length}` }))
  }
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanup.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { asked, port: (server.address() as { port: number }).port }
}

function senderTo(port: number, more = ''): Sender {
  const SMTP_URL = `ses://eu-west-1?endpoint=${encodeURIComponent(`http://127.0.0.1:${port}`)}${more}`
  const { transport } = loadConfig({ ...KEYS, SMTP_URL })
  if (transport === null) throw new Error('no transport')
  const sender = createSender(transport)
  cleanup.push(() => sender.close({ graceMs: 0 }))
  return sender
}

test('a message goes to SES raw as it was composed, signed with the keys of the environment, and its id comes back', async () => {
  const ses = await fakeSes()
  const sender = senderTo(ses.port, '&configuration_set=weekly')
  expect(await sender.send(ENVELOPE, MESSAGE)).toEqual({
    outcome: 'accepted',
    reply: { code: 250, enhanced: null, text: 'taken by Amazon SES' },
    providerId: '0100-1',
  })
  const [{ path, authorization, body }] = ses.asked as [Asked]
  expect(path).toBe('/v2/email/outbound-emails')
  expect(authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d+\/eu-west-1\/ses\//)
  expect(body).toMatchObject({
    Destination: { ToAddresses: ['ada@y.test'] },
    ConfigurationSetName: 'weekly',
  })
  expect(Buffer.from(body.Content?.Raw.Data ?? '', 'base64').equals(MESSAGE)).toBe(true)
  expect(sender.replaces).toEqual(['Date', 'Message-ID'])
})

describe('what SES answers', () => {
  test.each([
    [429, 'TooManyRequestsException', 'Maximum sending rate exceeded.', 'deferred', 454],
    [400, 'LimitExceededException', 'Daily message quota exceeded.', 'deferred', 454],
    [500, 'InternalFailure', 'oops', 'deferred', 451],
    [400, 'BadRequestException', "Missing final '@domain'", 'rejected', 554],
    [400, 'MessageRejected', 'The message holds a virus', 'rejected', 554],
  ])('%i %s (%s): %s', async (status, type, message, outcome, code) => {
    const ses = await fakeSes(() => ({ status, type, body: { message } }))
    const result = await senderTo(ses.port).send(ENVELOPE, MESSAGE)
    expect(result).toMatchObject({ outcome, reply: { code } })
    expect(JSON.stringify(result)).toContain(message)
    // Never by itself a second time: it might have been heard.
    expect(ses.asked).toHaveLength(1)
  })

  test.each([
    [400, 'AccountSuspendedException', 'suspended'],
    [400, 'SendingPausedException', 'paused'],
    [400, 'MailFromDomainNotVerifiedException', 'not there'],
    [400, 'MessageRejected', 'Email address is not verified: ed@x.test'],
    [404, 'NotFoundException', 'Configuration set <weekly> does not exist.'],
    [403, 'SignatureDoesNotMatch', 'the secret is wrong'],
  ])('%i %s is ours to mend: not begun, refused', async (status, type, message) => {
    const ses = await fakeSes(() => ({ status, type, body: { message } }))
    const result = await senderTo(ses.port).send(ENVELOPE, MESSAGE)
    expect(result).toMatchObject({ outcome: 'not-begun', fault: 'refused' })
    expect(JSON.stringify(result)).not.toContain('ed@x.test')
  })

  test('no answer at all: uncertain, and asked once', async () => {
    const ses = await fakeSes(() => ({ cut: true }))
    expect(await senderTo(ses.port).send(ENVELOPE, MESSAGE)).toMatchObject({ outcome: 'uncertain' })
    expect(ses.asked).toHaveLength(1)
  })

  test('nobody there: not begun', async () => {
    const result = await senderTo(1).send(ENVELOPE, MESSAGE)
    expect(result).toMatchObject({ outcome: 'not-begun', fault: 'unavailable' })
  })
})

test('what is too late, unsafe, or comes after closing never reaches SES', async () => {
  const ses = await fakeSes()
  const sender = senderTo(ses.port)
  const late = { beginBy: performance.now() - 1 }
  expect(await sender.send(ENVELOPE, MESSAGE, late)).toMatchObject({ fault: 'late' })
  expect(await sender.send(ENVELOPE, MESSAGE, { mayBegin: () => false })).toMatchObject({
    fault: 'late',
  })
  expect(await sender.send({ from: '', to: 'a@y.test>\r\n' }, MESSAGE)).toMatchObject({
    outcome: 'rejected',
  })
  await sender.close()
  expect(await sender.send(ENVELOPE, MESSAGE)).toMatchObject({
    outcome: 'not-begun',
    fault: 'unavailable',
  })
  expect(ses.asked).toEqual([])
})

test('closing gives up on an answer that does not come: uncertain', async () => {
  const ses = await fakeSes(() => ({ hold: true }))
  const sender = senderTo(ses.port)
  const sending = sender.send(ENVELOPE, MESSAGE)
  await expect.poll(() => ses.asked.length).toBe(1)
  await sender.close({ graceMs: 50 })
  expect(await sending).toMatchObject({ outcome: 'uncertain' })
})

test('verify says whether the account may send', async () => {
  const able = await fakeSes(() => ({ body: { SendingEnabled: true } }))
  expect(await senderTo(able.port).verify()).toEqual({ ok: true })
  const paused = await fakeSes(() => ({ body: { SendingEnabled: false } }))
  expect(await senderTo(paused.port).verify()).toMatchObject({ ok: false, fault: 'refused' })
  const denied = await fakeSes(() => ({
    status: 403,
    type: 'AccessDeniedException',
    body: { message: 'no' },
  }))
  expect(await senderTo(denied.port).verify()).toMatchObject({ ok: false, fault: 'refused' })
})

test.each([
  ['ses://mars', /no region/],
  ['ses://key:secret@eu-west-1', /AWS_ACCESS_KEY_ID/],
  ['ses://eu-west-1?endpoint=ftp://x', /endpoint/],
])('an address that cannot be right is refused: %s', (SMTP_URL, words) => {
  expect(() => loadConfig({ ...KEYS, SMTP_URL })).toThrow(words)
})
