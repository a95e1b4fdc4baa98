import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeFileIn } from '../../src/cli/write-file.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-cli-write-'))
  await writeFile(join(folder, 'afile'), 'kept')
  await mkdir(join(folder, 'afolder'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

test('makes the folders that it needs, also for two at once', async () => {
  const files = ['deep/er/one', 'deep/er/two'].map((name) => join(folder, name))
  await Promise.all(files.map((file) => writeFileIn(file, 'x')))
  expect(await Promise.all(files.map((file) => readFile(file, 'utf8')))).toEqual(['x', 'x'])
})

test.each([
  ['afile/one.txt', 'afile is a file: name a folder'],
  ['afile/deeper/one.txt', 'afile/deeper would lie in a file: name a folder'],
  ['afolder', 'afolder is a folder: name a file'],
  // Where Node's own recursive mkdir never ends.
  ['/proc/none/deeper/one.txt', '/proc/none cannot be made there: name another place'],
])('says in words what stands in the way of %s', async (file, words) => {
  const path = file.startsWith('/') ? file : join(folder, file)
  await expect(writeFileIn(path, 'x')).rejects.toThrow(words)
})

test('writes over nothing that is there, where it is to be new', async () => {
  const file = join(folder, 'afile')
  await expect(writeFileIn(file, 'x', { isNew: true })).rejects.toThrow('is there already')
  expect(await readFile(file, 'utf8')).toBe('kept')
})
