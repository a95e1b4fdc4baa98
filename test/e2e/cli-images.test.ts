import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { requireNewsletter } from '../../src/newsletters/newsletter.ts'
import { createSecrets } from '../../src/secrets.ts'
import { importSubscribers } from '../../src/subscribers/import.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { readersCsv } from '../support/fleet.ts'
import { postrider } from '../support/processes.ts'
import { testApp } from '../support/readers.ts'
import { type Sink, startSink } from '../support/sink.ts'

let folder: string
let t: TestDatabase
let sink: Sink
let env: Record<string, string>
const keys = newKeys()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-cli-images-'))
  t = await testDatabase()
  sink = await startSink({ keepData: true })
  env = {
    DATABASE_URL: t.url,
    SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
    PUBLIC_URL: 'https://news.example/post',
    POSTRIDER_HOME: folder,
    POSTRIDER_KEYS: keys,
    LOG_LEVEL: 'silent',
  }
  await mkdir(join(folder, 'img'))
  await sharp({ create: { width: 1500, height: 500, channels: 3, background: '#15384a' } })
    .withExif({ IFD0: { Copyright: 'SECRET-PLACE' } })
    .jpeg()
    .toFile(join(folder, 'img', 'sea.jpg'))
})
afterAll(async () => {
  await sink.close()
  await t.drop()
  await rm(folder, { recursive: true, force: true })
})

const run = (...args: string[]) => postrider(args, env)

test('a newsletter is made with a look of its own; half a logo is bad usage', async () => {
  const made = await run(
    ...['newsletter', 'create', 'sea', '--name', 'Sea Letters', '--from', 'ed@sea.test'],
    ...['--postal', '1 Quay', '--color', '#7a3b2e', '--heading-font', 'serif', '--width', '600'],
    ...['--contents', 'never', '--item-style', 'card', '--remote-images', 'link'],
  )
  expect(made.last).toMatchObject({
    newsletter: {
      theme: { headingFont: 'serif', width: 600, contents: 'never', itemStyle: 'card' },
      remote_images: 'link',
    },
  })
  const [noSize, wide] = await Promise.all([
    run('newsletter', 'edit', 'sea', '--logo', 'https://news.example/logo.png'),
    run('newsletter', 'edit', 'sea', '--width', '900'),
  ])
  expect(noSize).toMatchObject({ code: 2, log: expect.stringMatching(/--logo-size/) })
  expect(wide).toMatchObject({ code: 1, last: { error: { code: 'bad-input' } } })
  const secrets = createSecrets(parseKeys(keys, 'test'))
  const newsletter = await requireNewsletter(t.db, 'sea')
  await importSubscribers(
    t.db,
    secrets,
    { newsletter, csv: readersCsv(2), consent: 'asked' },
    new Date(),
  )
}, 240_000)

test('an issue with a picture that is not there is not sent, and the line is said', async () => {
  const file = join(folder, 'lost.md')
  await writeFile(file, '---\ntitle: Lost\n---\n\nHello.\n\n![A boat](img/boat.png)\n')
  const sent = await run('send', file, '--yes')
  expect(sent).toMatchObject({
    code: 1,
    log: expect.stringMatching(/lost\.md:7: there is no image img\/boat\.png/),
  })
  expect(await sink.entries()).toEqual([])
}, 240_000)

test('an issue’s own picture is in every mail and on the web by its content, and frozen with the look', async () => {
  const file = join(folder, 'one.md')
  await writeFile(file, '---\ntitle: One\n---\n\nHello.\n\n![The sea](img/sea.jpg)\n')
  const sent = await run('send', file, '--yes')
  expect(sent).toMatchObject({ code: 0, last: { state: 'finished', ledger: { accepted: 2 } } })
  const [first, second] = await sink.entries()
  const mail = await simpleParser(first?.data ?? '', { skipImageLinks: true })
  const html = mail.html || ''
  const src = /src="(https:\/\/news\.example\/post\/media\/[\w-]{32}\.jpg)"/.exec(html)?.[1] ?? ''
  expect(/<img[^>]*alt="The sea"[^>]*>/.exec(html)?.[0]).toMatch(/ width="\d+" height="\d+"/)
  expect((await simpleParser(second?.data ?? '')).html).toContain(src)

  await Promise.all([
    rm(join(folder, 'img', 'sea.jpg')),
    run('newsletter', 'edit', 'sea', '--width', '640', '--heading-font', 'sans'),
  ])
  const app = testApp(t.db, { publicUrl: 'https://news.example/post' })
  const picture = await app.ask(new URL(src).pathname)
  expect(picture.headers.get('content-type')).toBe('image/jpeg')
  const bytes = Buffer.from(await picture.arrayBuffer())
  expect(await sharp(bytes).metadata()).toMatchObject({ width: 1280, format: 'jpeg' })
  expect(bytes.includes('SECRET-PLACE')).toBe(false)
  const page = await (await app.ask('/post/sea/one')).text()
  expect(page).toContain(src)
  expect(page).toMatch(/600px/)
}, 240_000)
