import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compiled } from '../support/compiled.ts'
import { ENGLISH_SAMPLES, returnedMail } from '../support/returned-mails.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-bounce-'))
  for (const name of ['Domino', 'Yahoo']) {
    const sample = ENGLISH_SAMPLES.find((one) => one.name === name)
    if (sample) await writeFile(join(folder, `${name}.eml`), returnedMail(sample))
  }
  await writeFile(join(folder, 'hello.eml'), 'From: ada@far.test\nSubject: Hello\n\nHow are you?\n')
})
afterAll(() => rm(folder, { recursive: true }))

function inspect(args: readonly string[], input = '') {
  const node = [compiled('src/cli/main.ts'), 'bounce', 'inspect', ...args]
  return spawnSync(process.execPath, node, { input, encoding: 'utf8' })
}

test('bounce inspect --json says of each mail what machines need to know, a line each', () => {
  const { stdout, status } = inspect([folder, '--json'])
  expect(status).toBe(0)
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    {
      file: join(folder, 'Domino.eml'),
      kind: 'bounce',
      recipients: [
        {
          address: 'ada@far.test',
          type: 'hard',
          status: null,
          reason: 'unknown-user',
          diagnostic: 'because: User ada (a***@far.test) not listed in Domino Directory',
        },
      ],
    },
    {
      file: join(folder, 'Yahoo.eml'),
      kind: 'bounce',
      recipients: [
        {
          address: 'ada@far.test',
          type: 'soft',
          status: '5.2.2',
          reason: 'mailbox-full',
          diagnostic: "552: 5.2.2 The recipient's mailbox is over its quota",
        },
      ],
    },
    { file: join(folder, 'hello.eml'), kind: 'other', recipients: [] },
  ])
})

test('bounce inspect tells people who failed and why, and counts', () => {
  const { stdout, status } = inspect([folder])
  expect(status).toBe(0)
  expect(stdout).toMatch(/✗ hard {7}ada@far\.test {3}unknown-user/)
  expect(stdout).toMatch(/! soft {7}ada@far\.test {3}mailbox-full 5\.2\.2/)
  expect(stdout).toContain('3 mails: 1 hard, 1 soft, 1 other')
})

test('bounce inspect reads standard input, and says where there is nothing', () => {
  const { stdout } = inspect(['-', '--json'], 'From: a@b.test\nSubject: Automatic reply\n\nx\n')
  expect(JSON.parse(stdout)).toEqual({ file: '-', kind: 'auto-reply', recipients: [] })
  const missing = inspect([join(folder, 'nowhere')])
  expect(missing.status).toBe(1)
  expect(missing.stderr).toContain('there is no such file or folder')
})
