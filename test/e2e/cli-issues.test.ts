import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postrider, startPostrider } from '../support/processes.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-cli-issues-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

// A database that nobody answers for: none of this may ask one.
const run = (...args: string[]) =>
  postrider(args, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, folder)

test('begins an issue that passes its check, and writes over nothing', async () => {
  expect((await run('new', 'issues/one.md', '--title', 'One: the first')).code).toBe(0)
  const written = await readFile(join(folder, 'issues/one.md'), 'utf8')
  expect(await run('check', 'issues/one.md')).toMatchObject({
    code: 0,
    last: { file: 'issues/one.md', links: 1, errors: 0, warnings: 0, findings: [] },
  })
  expect(await run('new', 'issues/one.md')).toMatchObject({
    code: 1,
    log: expect.stringMatching(/is there already/),
  })
  expect(await readFile(join(folder, 'issues/one.md'), 'utf8')).toBe(written)
})

test('checks with file and line', async () => {
  await writeFile(join(folder, 'bad.md'), '---\ntitle: A\ndate: 2026-8-6\n---\n\n{{ foo.bar }}\n')
  expect(await run('check', 'bad.md')).toMatchObject({
    code: 1,
    last: { errors: 1, findings: [{ severity: 'error', file: 'bad.md', line: 6 }] },
  })
})

test('checks files and folders together; one that cannot be read is said, and the rest goes on', async () => {
  await mkdir(join(folder, 'many/deep'), { recursive: true })
  await writeFile(join(folder, 'many/a.md'), '# A\n\n[x](http://10.0.0.1/)\n')
  await writeFile(join(folder, 'many/deep/b.md'), '# B\n\n![no picture](b.png)\n')
  await writeFile(join(folder, 'many/c.md'), Buffer.from([0x23, 0x20, 0xff, 0xfe]))
  const { code, last } = await run('check', 'many', 'many/a.md', '--online')
  expect(code).toBe(1)
  expect(last).toMatchObject({ errors: 3, online: { other: 1 } })
  const files = last.files as { file: string; errors: number; findings: { what: string }[] }[]
  expect(files.map(({ file, errors }) => [file, errors])).toEqual([
    ['many/a.md', 1],
    ['many/c.md', 1],
    ['many/deep/b.md', 1],
  ])
  expect(JSON.stringify(files)).toContain('link that was not asked: http://10.0.0.1/')
  expect(JSON.stringify(files)).toContain('there is no image b.png')
  expect(JSON.stringify(files)).toContain('this is no UTF-8 text')
})

test('renders a folder into the same folders; what cannot be parsed is named, and the rest goes on', async () => {
  await mkdir(join(folder, 'all/weekly/2026'), { recursive: true })
  await writeFile(join(folder, 'all/top.md'), '---\ntitle: Top\n---\n\nHello.\n')
  await writeFile(join(folder, 'all/weekly/012.md'), Buffer.from([0x23, 0x20, 0xff, 0xfe]))
  await writeFile(join(folder, 'all/weekly/2026/013.md'), '# 第 13 期\n\n你好。\n')
  const { code, last, log } = await run('render', join(folder, 'all'), '--out', 'mails')
  expect(code).toBe(1)
  expect(last).toMatchObject({
    rendered: 2,
    failed: [
      {
        file: join(folder, 'all/weekly/012.md'),
        message: expect.stringMatching(/012\.md: this is no UTF-8/),
      },
    ],
  })
  expect(log.split('\n')).toHaveLength(1)
  const files = await readdir(join(folder, 'mails'), { recursive: true, withFileTypes: true })
  const written = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(join(folder, 'mails/').length))
  expect(written.toSorted()).toEqual(
    ['top', 'weekly/2026/013'].flatMap((stem) => ['eml', 'html', 'txt'].map((e) => `${stem}.${e}`)),
  )
  expect(await readFile(join(folder, 'mails/weekly/2026/013.txt'), 'utf8')).toContain('你好。')
})

test('tells bad usage from a refusal, to people and machines', async () => {
  await mkdir(join(folder, 'bare'), { recursive: true })
  const [noOut, noFile, none, bare] = await Promise.all([
    run('render', 'all'),
    run('check'),
    run('check', 'none.md'),
    run('render', 'bare', '--out', 'mails'),
  ])
  expect(noOut).toMatchObject({
    code: 2,
    last: { error: { code: 'bad-usage' } },
    log: expect.stringMatching(/--out/),
  })
  expect(noFile).toMatchObject({ code: 2, last: { error: { code: 'bad-usage' } } })
  expect(none).toMatchObject({ code: 1, last: { error: { code: 'bad-input', place: 'none.md' } } })
  expect(bare).toMatchObject({ code: 1, last: { error: { code: 'bad-input', place: 'bare' } } })
})

test('previews until it is stopped, and ends at once although a page listens', async () => {
  await writeFile(join(folder, 'seen.md'), '# Seen\n\nHello.\n')
  const preview = await startPostrider(['preview', join(folder, 'seen.md'), '--port', '0'], {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  })
  const [{ url }] = preview.said() as [{ url: string }]
  const news = await fetch(`${url}events`)
  expect(news.headers.get('content-type')).toMatch(/^text\/event-stream/)
  const began = performance.now()
  expect(await preview.end('SIGTERM')).toEqual({ code: 0, signal: null })
  // Not when an idle connection would be closed at last.
  expect(performance.now() - began).toBeLessThan(30_000)
  await expect(fetch(url)).rejects.toThrow()
  await news.body?.cancel().catch(() => undefined)
}, 240_000)
