import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mailsIn } from '../../src/cli/mails-in.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-mails-'))
})
afterAll(() => rm(folder, { recursive: true }))

const separator = 'From mailer-daemon@far.test Tue Nov 24 08:00:00 2026'
const mail = (name: string) => `Subject: ${name}\n\nFrom here it failed.\n`

async function namesIn(path: string, stdin = '', octetsAtOnce = 65_536): Promise<string[]> {
  const names: string[] = []
  const octets = Buffer.from(stdin)
  const pieces = Array.from({ length: Math.ceil(octets.length / octetsAtOnce) }, (_, index) =>
    octets.subarray(index * octetsAtOnce, (index + 1) * octetsAtOnce),
  )
  for await (const { name, raw } of mailsIn(path, Readable.from(pieces))) {
    names.push(
      `${name.slice(name.lastIndexOf('/') + 1)} ${/Subject: (.*)/.exec(raw.toString())?.[1]}`,
    )
  }
  return names
}

describe('what there is to inspect', () => {
  it('is one mail in a file', async () => {
    await writeFile(join(folder, 'one.eml'), mail('one'))
    expect(await namesIn(join(folder, 'one.eml'))).toEqual(['one.eml one'])
  })

  it('is one mail in a file that begins like a mailbox file', async () => {
    await writeFile(join(folder, 'from.eml'), `${separator}\n${mail('one')}`)
    expect(await namesIn(join(folder, 'from.eml'))).toEqual(['from.eml one'])
  })

  it('is every mail in a mailbox file, by number', async () => {
    const box = ['a', 'b', 'c'].map((name) => `${separator}\n${mail(name)}\n`).join('')
    await writeFile(join(folder, 'x.mbox'), box)
    expect(await namesIn(join(folder, 'x.mbox'))).toEqual([
      'x.mbox#1 a',
      'x.mbox#2 b',
      'x.mbox#3 c',
    ])
  })

  it('is every mail in a folder and the folders in it, by name', async () => {
    await mkdir(join(folder, 'box/new'), { recursive: true })
    await writeFile(join(folder, 'box/b.eml'), mail('b'))
    await writeFile(join(folder, 'box/a.eml'), mail('a'))
    await writeFile(join(folder, 'box/new/1:2,S'), mail('c'))
    expect(await namesIn(join(folder, 'box'))).toEqual(['a.eml a', 'b.eml b', '1:2,S c'])
  })

  it('is what stands on standard input', async () => {
    expect(await namesIn('-', mail('one'))).toEqual(['- one'])
    const box = `${separator}\n${mail('a')}\n${separator}\n${mail('b')}`
    expect(await namesIn('-', box)).toEqual(['-#1 a', '-#2 b'])
    expect(await namesIn('-', '')).toEqual([])
  })

  it('is the same in whatever pieces it comes', async () => {
    const box = ['a', 'b', 'c'].map((name) => `${separator}\n${mail(name)}\n`).join('')
    for (const octets of [1, 2, 5, 7, 53, 64]) {
      expect(await namesIn('-', box, octets), `${octets}`).toEqual(['-#1 a', '-#2 b', '-#3 c'])
    }
  })

  it('costs little, however many lines it has', async () => {
    const path = join(folder, 'lines.txt')
    await writeFile(
      path,
      Buffer.concat([Buffer.from('Subject: long\n'), Buffer.alloc(20_000_000, 10)]),
    )
    const before = process.cpuUsage()
    expect(await namesIn(path)).toEqual(['lines.txt long'])
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(2_000)
  })

  it('is an empty mail where a file is empty', async () => {
    await writeFile(join(folder, 'empty.eml'), '')
    expect(await namesIn(join(folder, 'empty.eml'))).toEqual(['empty.eml undefined'])
  })

  it('is nothing where there is no such file, and that is said', async () => {
    await expect(namesIn(join(folder, 'nowhere'))).rejects.toThrow(
      'there is no such file or folder',
    )
  })
})
