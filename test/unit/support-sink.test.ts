import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSmtpSender } from '../../src/mail/smtp.ts'
import { forkSink } from '../support/sink-process.ts'

test('a sink in a process of its own logs what it received, also what it withholds a reply to', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'postrider-sink-'))
  const log = join(dir, 'sink.jsonl')
  const sink = await forkSink({ log })
  const sender = createSmtpSender({
    ...{ name: 's', kind: 'smtp', host: '127.0.0.1', port: sink.port, connections: 3 },
    ...{ implicitTls: false, user: null, password: null, ratePerSecond: null },
  })
  const send = (to: string) =>
    sender.send({ from: 'b@x.test', to }, Buffer.from(`Message-ID: <${to}>\r\n\r\nx\r\n`))
  expect(await send('a@y.test')).toMatchObject({ outcome: 'accepted' })
  await sink.withhold()
  const pending = Promise.all(['b@y.test', 'c@y.test', 'd@y.test'].map(send))
  await expect.poll(() => sink.withheld()).toBe(3)
  const lines = (await readFile(log, 'utf8')).trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).withheld)).toEqual([false, true, true, true])
  await sink.release()
  expect((await pending).map(({ outcome }) => outcome)).toEqual(Array(3).fill('accepted'))
  expect(await sink.counts()).toMatchObject({ messages: 4, auths: 0 })
  expect((await sink.entries())[0]).toMatchObject({ to: 'a@y.test', messageId: '<a@y.test>' })
  await sender.close()
  await sink.close()
  await rm(dir, { recursive: true })
})
