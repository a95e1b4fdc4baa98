import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Catcher, type CatcherOptions, startCatcher } from '../../src/catcher/catcher.ts'
import { readReturnedMail } from '../../src/feedback/parse/mail.ts'
import { createSmtpSender, type Sender } from '../../src/mail/smtp.ts'
import { startSink } from '../support/sink.ts'

const ANY = { host: '127.0.0.1', port: 0 }
let dir: string
const cleanup: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'postrider-catcher-'))
})
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step()
  await rm(dir, { recursive: true })
})

async function catcherWith(options: Partial<CatcherOptions> = {}): Promise<Catcher> {
  const catcher = await startCatcher({ smtp: ANY, web: ANY, dir, ...options })
  cleanup.push(() => catcher.close())
  return catcher
}

function senderTo(catcher: Pick<Catcher, 'smtpPort'>, connections = 1): Sender {
  const sender = createSmtpSender({
    ...{ name: 'c', kind: 'catcher', host: '127.0.0.1', port: catcher.smtpPort, connections },
    ...{ implicitTls: false, user: null, password: null, ratePerSecond: null },
  })
  cleanup.push(() => sender.close())
  return sender
}

function mail(subject = 'Hi', body = 'Hello.'): Buffer {
  return Buffer.from(`Message-ID: <m-1@x.test>\r\nSubject: ${subject}\r\n\r\n${body}\r\n`)
}

describe('catching', () => {
  test('a mail is on the disk when its sender hears 250, octet for octet', async () => {
    const catcher = await catcherWith()
    const raw = mail('=?utf-8?B?56ysIDEyIOacnw==?=', '.dot\r\n你好')
    const result = await senderTo(catcher).send({ from: 'b-1@x.test', to: 'Ada@y.test' }, raw)
    expect(result).toMatchObject({ outcome: 'accepted', reply: { code: 250 } })
    const [name = ''] = (await readdir(dir)).filter((file) => file.endsWith('.eml'))
    const kept = await readFile(join(dir, name))
    expect(kept.subarray(-raw.length).equals(raw)).toBe(true)
    const [caught] = catcher.messages()
    expect(catcher.count()).toBe(1)
    expect(caught).toMatchObject({ from: 'b-1@x.test', to: 'Ada@y.test', subject: '第 12 期' })
    expect((await caught?.raw())?.equals(raw)).toBe(true)
  })

  test('what was caught is there after a restart, in its order, and a half-written file is not', async () => {
    const first = await startCatcher({ smtp: ANY, web: ANY, dir })
    const sender = senderTo(first)
    for (const to of ['a@y.test', 'b@y.test', 'c@y.test']) {
      await sender.send({ from: '', to }, mail(to))
    }
    await sender.close()
    const before = first.messages().map(({ id, to, subject }) => ({ id, to, subject }))
    await first.close()
    const second = await catcherWith()
    expect(second.messages().map(({ id, to, subject }) => ({ id, to, subject }))).toEqual(before)
    expect(second.messages().map(({ to }) => to)).toEqual(['a@y.test', 'b@y.test', 'c@y.test'])
    expect(new URL(second.webUrl).pathname).toBe(new URL(first.webUrl).pathname)
  })

  test('two thousand mails of a send are kept, and take less than 20 seconds of a processor', async () => {
    const catcher = await catcherWith()
    const sender = senderTo(catcher, 5)
    const before = process.cpuUsage()
    const sends = Array.from({ length: 2_000 }, (_, i) =>
      sender.send({ from: 'b@x.test', to: `r${i}@y.test` }, mail(`to ${i}`, 'x'.repeat(20_000))),
    )
    const results = await Promise.all(sends)
    expect(results.every(({ outcome }) => outcome === 'accepted')).toBe(true)
    expect(new Set(catcher.messages().map(({ to }) => to)).size).toBe(2_000)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(20_000)
  })

  test('taken ports mean the next free ones', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    cleanup.push(async () => taken.close())
    const { port } = taken.address() as AddressInfo
    const catcher = await catcherWith({
      smtp: { host: '127.0.0.1', port },
      web: { host: '127.0.0.1', port },
    })
    expect(catcher.smtpPort).toBeGreaterThan(port)
    expect(Number(new URL(catcher.webUrl).port)).toBeGreaterThan(catcher.smtpPort)
  })
})

test('a mail that got its 250 from the process is there after kill -9', async () => {
  const main = fileURLToPath(new URL('../../src/catcher/main.ts', import.meta.url))
  const env = {
    PATH: process.env.PATH,
    POSTRIDER_HOME: dir,
    CATCHER_LISTEN: '127.0.0.1:0',
    CATCHER_WEB_LISTEN: '127.0.0.1:0',
  }
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = once(child, 'exit')
  const [line] = await once(child.stderr, 'data')
  const { smtpPort } = JSON.parse(String(line)) as { smtpPort: number }
  const sender = senderTo({ smtpPort })
  const result = await sender.send({ from: 'b@x.test', to: 'ada@y.test' }, mail())
  expect(result).toMatchObject({ outcome: 'accepted' })
  child.kill('SIGKILL')
  await exit
  await sender.close()
  const catcher = await catcherWith({ dir: join(dir, 'catcher') })
  expect(catcher.messages()).toMatchObject([{ from: 'b@x.test', to: 'ada@y.test' }])
})

describe('an address that asks for it in its name', () => {
  test('is refused, deferred once or accepted', async () => {
    const catcher = await catcherWith()
    const sender = senderTo(catcher)
    const send = (to: string) => sender.send({ from: 'b-1@x.test', to }, mail())
    expect(await send('please-refuse-1@y.test')).toMatchObject({
      outcome: 'rejected',
      reply: { code: 550, enhanced: '5.1.1' },
    })
    expect(await send('Defer.me@y.test')).toMatchObject({
      outcome: 'deferred',
      reply: { code: 451, enhanced: '4.2.0' },
    })
    expect(await send('defer.me@y.test')).toMatchObject({ outcome: 'accepted' })
    expect(await send('other-defer@y.test')).toMatchObject({ outcome: 'deferred' })
    expect(await send('ada@refuse.test')).toMatchObject({ outcome: 'accepted' })
    expect(catcher.messages().map(({ to }) => to)).toEqual(['defer.me@y.test', 'ada@refuse.test'])
  })

  test('is reported as bounced to its return path, once, as soon as the door is up', async () => {
    const catcher = await catcherWith()
    const sender = senderTo(catcher)
    await sender.send({ from: 'b-1@x.test', to: 'bounce-ada@y.test' }, mail())
    await sender.send({ from: '', to: 'bounce-bob@y.test' }, mail())
    const door = await startSink({ keepData: true, replies: { rcpt: ['451 4.3.0 not yet'] } })
    cleanup.push(() => door.close())
    catcher.setInboundDoor({ host: '127.0.0.1', port: door.port })
    await expect.poll(async () => (await door.entries()).length).toBe(1)
    const [entry] = await door.entries()
    expect(entry).toMatchObject({ from: '', to: 'b-1@x.test' })
    expect(await readReturnedMail(Buffer.from(entry?.data ?? '', 'latin1'))).toMatchObject({
      kind: 'bounce',
      originalMessageId: '<m-1@x.test>',
      recipients: [
        {
          finalRecipient: 'bounce-ada@y.test',
          ...{ action: 'failed', status: '5.1.1', type: 'hard' },
        },
      ],
    })
    await expect.poll(() => readdir(join(dir, 'reports'))).toEqual([])
  })

  test('has its report after a restart of the catcher', async () => {
    const first = await startCatcher({ smtp: ANY, web: ANY, dir })
    const sender = senderTo(first)
    await sender.send({ from: 'b-1@x.test', to: 'bounce@y.test' }, mail())
    await sender.close()
    await first.close()
    const door = await startSink()
    cleanup.push(() => door.close())
    await catcherWith({ inboundDoor: { host: '127.0.0.1', port: door.port } })
    await expect.poll(async () => (await door.entries()).length).toBe(1)
  })

  test('has no report without end where the door does not know the return path', async () => {
    const door = await startSink({ replies: { rcpt: '550 5.1.1 unknown' } })
    cleanup.push(() => door.close())
    const catcher = await catcherWith({ inboundDoor: { host: '127.0.0.1', port: door.port } })
    await senderTo(catcher).send({ from: 'ed@x.test', to: 'bounce@y.test' }, mail())
    await expect.poll(async () => (await door.counts()).connections).toBe(1)
    await expect.poll(() => readdir(join(dir, 'reports'))).toEqual([])
  })
})
