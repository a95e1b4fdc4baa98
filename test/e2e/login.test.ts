import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { Id } from '../../db/types.ts'
import { expectAccounts, rowsOf } from '../support/accounts.ts'
import { eventually } from '../support/eventually.ts'
import {
  type Fleet,
  onBothBackends,
  startFleet,
  untilFinished,
  untilReceived,
  untilStatus,
} from '../support/fleet.ts'
import type { SinkEntry, SinkReplies } from '../support/sink.ts'
import { forkSink } from '../support/sink-process.ts'
import { scratchFolder } from '../support/test-server.ts'

const READERS = 300
const LOGIN = { user: 'weekly', password: 'in-force' }
const REVOKED = { user: 'weekly', password: 'another-by-now' }

let fleet: Fleet
afterEach(async () => {
  await fleet.close()
})

onBothBackends((redis) => {
  const redisUrl = () => redis()?.url ?? null
  const login = `${LOGIN.user}:${LOGIN.password}`

  it('pauses at a login that is refused, tries it once a connection at most, and goes on by `resume`', async () => {
    fleet = await startFleet({
      redisUrl: redisUrl(),
      login,
      readers: READERS,
      sink: { login: REVOKED },
    })
    await Promise.all([fleet.worker(), fleet.worker()])
    const id = await fleet.send()
    await untilPaused(id, /^the relay refused us: 535 5\.7\.8 wrong login$/)
    await expectListWhole(id)
    const { auths, connections } = await fleet.sink.counts()
    expect(auths).toBeGreaterThanOrEqual(1)
    expect(auths).toBeLessThanOrEqual(connections)
    // Each of two workers may have been at it.
    expect(auths).toBeLessThanOrEqual(2)
    await fleet.sink.set({ login: LOGIN })
    await expectResumed(id)
  }, 240_000)

  it('pauses when the login is revoked in mid-send, and loses and doubles nothing', async () => {
    const sink = { login: LOGIN, dotDelayMs: 30 }
    fleet = await startFleet({ redisUrl: redisUrl(), login, readers: READERS, sink })
    await fleet.worker()
    const id = await fleet.send()
    await untilReceived(fleet, 100)
    const before = await fleet.sink.counts()
    await fleet.sink.set({ login: REVOKED })
    // Lets what is on its way end well: the connections are closed where the next message would begin.
    await fleet.sink.set({ replies: { mail: 'close' } })
    await untilPaused(id, /^the relay refused us: 535/)
    await fleet.sink.set({ replies: {} })
    const after = await fleet.sink.counts()
    expect(after.auths - before.auths).toBeLessThanOrEqual(after.connections - before.connections)
    expect(after.auths - before.auths).toBeLessThanOrEqual(5)
    await expectNobodySuppressed()
    await fleet.sink.set({ login: LOGIN })
    await expectResumed(id)
  }, 240_000)

  it.each<[string, SinkReplies, RegExp]>([
    [
      'refuses our sender (550 to MAIL FROM)',
      { mail: '550 5.7.1 sender not allowed' },
      /^the relay refused us: 550 5\.7\.1 sender not allowed$/,
    ],
    [
      'says 550 5.1.1 to everybody',
      { rcpt: '550 5.1.1 no such user' },
      /^the relay rejected 20 in a row: 550 5\.1\.1 no such user$/,
    ],
    [
      'rejects every message at its end',
      { dot: '554 5.7.1 looks like spam' },
      /^the relay rejected 20 in a row: 554 5\.7\.1 looks like spam$/,
    ],
  ])(
    'pauses at a relay that %s, with the list whole, and goes on by `resume`',
    async (_, replies, reason) => {
      fleet = await startFleet({ redisUrl: redisUrl(), readers: READERS, sink: { replies } })
      await fleet.worker()
      const id = await fleet.send()
      await untilPaused(id, reason)
      await expectListWhole(id)
      // What it took and then rejected is in its log.
      const rejected = (await fleet.sink.entries()).length
      await fleet.sink.set({ replies: {} })
      await expectResumed(id, rejected)
    },
    240_000,
  )

  it('waits while the server cannot be reached, says why, and goes on by itself', async () => {
    const log = join(await scratchFolder('sink'), 'log')
    const sink = { log, dotDelayMs: 30 }
    fleet = await startFleet({ redisUrl: redisUrl(), readers: READERS, sink })
    await fleet.worker()
    const id = await fleet.send()
    await untilReceived(fleet, 50)
    await fleet.sink.close()
    await untilStatus(fleet, id, 90_000, ({ waiting }) => waiting !== null)
    // The first rests are over before a process has asked; they double.
    await eventually(async () => {
      const shown = await fleet.run('status', id)
      expect(shown).toMatchObject({ code: 0, last: { state: 'sending' } })
      expect(shown.last.reason).toMatch(
        /^the mail server is unavailable: [^\n]*ECONNREFUSED[^\n]*$/,
      )
    })
    const rows = await rowsOf(fleet, id)
    const waiting = rows.filter((row) => row.state === 'queued')
    expect(waiting.length).toBeGreaterThan(200)
    expect(waiting.filter((row) => row.attempts > 0)).toEqual([])
    await expectNobodySuppressed()

    const back = await forkSink({ log, port: fleet.sink.port })
    try {
      const { ledger } = await untilFinished(fleet, id, 120_000)
      // Cut between the final dot and its reply, if any: nobody can know.
      expect(ledger.uncertain).toBeLessThanOrEqual(5)
      expect(ledger.accepted + ledger.uncertain).toBe(READERS)
      const lines = (await readFile(log, 'utf8')).trimEnd().split('\n')
      const entries = async () => lines.map((line) => JSON.parse(line) as SinkEntry)
      await expectAccounts({ ...fleet, sink: { ...back, entries } }, id, { ...ledger })
    } finally {
      await back.close()
      await rm(dirname(log), { recursive: true })
    }
  }, 240_000)
})

async function untilPaused(id: Id, reason: RegExp): Promise<void> {
  const status = await untilStatus(fleet, id, 90_000, ({ state }) => state === 'paused')
  expect(status.reason).toMatch(reason)
  // Everything that was held has come back.
  await eventually(async () => {
    const rows = await rowsOf(fleet, id)
    expect(rows.filter((row) => row.state === 'sending')).toEqual([])
  })
}

/** As if nothing had been tried. */
async function expectListWhole(id: Id): Promise<void> {
  const rows = await rowsOf(fleet, id)
  expect(rows).toHaveLength(READERS)
  expect(rows.filter((row) => row.state !== 'queued' || row.attempts > 0)).toEqual([])
  await expectNobodySuppressed()
}

async function expectNobodySuppressed(): Promise<void> {
  expect(await fleet.db.selectFrom('suppressions').selectAll().execute()).toEqual([])
}

/** @param rejected of the sink's log, messages that it did not take */
async function expectResumed(id: Id, rejected = 0): Promise<void> {
  const resumed = await fleet.run('resume', id)
  expect(resumed).toMatchObject({ code: 0, last: { state: 'sending' } })
  await untilFinished(fleet, id, 120_000)
  const entries = async () => (await fleet.sink.entries()).slice(rejected)
  const sink = { ...fleet.sink, entries }
  await expectAccounts({ ...fleet, sink }, id, { chosen: READERS, accepted: READERS })
  await expectNobodySuppressed()
}
