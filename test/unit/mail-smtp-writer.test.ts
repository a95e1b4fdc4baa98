import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createMessageWriter } from '../../src/mail/smtp-writer.ts'

/** A socket whose kernel takes what is written when it is told to. */
function slowSocket() {
  const [taken, pending]: [Buffer[], (() => void)[]] = [[], []]
  const write = (octets: Buffer, done: () => void) => {
    pending.push(() => {
      taken.push(octets)
      done()
    })
  }
  const socket = new Writable({
    write: (chunk, _, done) => write(chunk, done),
    writev: (chunks, done) => write(Buffer.concat(chunks.map((each) => each.chunk)), done),
  })
  return {
    socket: socket as unknown as Socket,
    taken: () => Buffer.concat(taken).toString(),
    async take() {
      pending.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

const text = (letter: string, octets: number) => [Buffer.alloc(octets, letter)]

test('a message may be whole when all but its last octets are taken, each of two for itself', async () => {
  const { socket, take, taken } = slowSocket()
  const writer = createMessageWriter(socket)
  const first = writer.write(text('a', 100_000), () => '.')
  expect([first(), writer.isDone()]).toEqual([false, true])
  const second = writer.write(text('b', 100_000), () => '')
  const third = writer.write(text('c', 10), () => '')
  await take()
  expect([first(), second(), third()]).toEqual([true, false, false])
  expect(taken()).toHaveLength(100_000 - 512)
  await take()
  expect([first(), second(), third()]).toEqual([true, true, true])
  expect(taken().replace(/(.)\1*/g, '$1')).toBe('a.bc')
})

test('a long one is done when its last block is written, and nothing is before', async () => {
  const { socket, take, taken } = slowSocket()
  const writer = createMessageWriter(socket)
  const whole = writer.write(text('a', 600_000), () => '.')
  for (let blocks = 1; blocks < 3; blocks += 1) {
    expect([whole(), writer.isDone()]).toEqual([false, false])
    await take()
  }
  expect([whole(), writer.isDone()]).toEqual([false, true])
  await take()
  expect(whole()).toBe(true)
  await take()
  expect(taken()).toBe(`${'a'.repeat(600_000)}.`)
})
