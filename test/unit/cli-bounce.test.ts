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

async function namesIn(path: string, stdin = ''): Promise<string[]> {
  const names: string[] = []
  for await (const { name, raw } of mailsIn(path, Readable.from([Buffer.from(stdin)]))) {
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

  it('is nothing where there is no such file, and that is said', async () => {
    await expect(namesIn(join(folder, 'nowhere'))).rejects.toThrow(
      'there is no such file or folder',
    )
  })
})
