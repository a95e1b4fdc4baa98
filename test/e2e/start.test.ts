import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { processesOf } from '../support/process-list.ts'
import { postrider, startPostrider } from '../support/processes.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-start-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const told = async (name: string) =>
  JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as Record<string, string>

test('goes from nothing to a test mail in the inbox, and ends all that it started', async () => {
  const env = { POSTRIDER_HOME: folder, LOG_LEVEL: 'silent' }
  const start = await startPostrider(['start'], env)
  await eventually(async () => expect((await told('catcher')).webUrl).toMatch(/^http/))
  const answers = ['--name', 'Field Notes', '--from', 'notes@weekly.test', '--postal', '1 Lane']

  const lacking = await postrider(['init', ...answers], env)
  expect(lacking).toMatchObject({ code: 2, log: expect.stringMatching(/say --to too/) })
  const made = await postrider(['init', ...answers, '--to', 'me@weekly.test'], env)
  expect(made).toMatchObject({
    code: 0,
    last: { newsletter: 'field-notes', caught: true },
    log: '',
  })

  const inbox = await (await fetch((await told('catcher')).webUrl ?? '')).text()
  expect(inbox).toContain('me@weekly.test')
  const page = await (await fetch(`${(await told('web')).url}/field-notes`)).text()
  expect(page).toContain('Field Notes')

  const server = await readFile(join(folder, 'postgres', 'folder'), 'utf8').catch(() => folder)
  expect(await start.end('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(await processesOf([folder, server.trim()])).toEqual([])
  expect(await readdir(folder)).not.toContain('web.json')
  if (server !== folder) await rm(server.trim(), { recursive: true, force: true })
}, 240_000)
