import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { expectAccounts, rowsOf } from '../support/accounts.ts'
import {
  type Fleet,
  onBothBackends,
  readersCsv,
  startFleet,
  untilFinished,
} from '../support/fleet.ts'

const READERS = 5_000

let fleet: Fleet
afterEach(async () => {
  await fleet.close()
})

onBothBackends((redis) => {
  it('sends an issue to 5,000 by two workers once, and by a second send to nobody', async () => {
    fleet = await startFleet({
      redisUrl: redis()?.url ?? null,
      readers: 0,
      query: 'connections=10',
    })
    const csv = join(fleet.env.POSTRIDER_HOME ?? '', 'readers.csv')
    await writeFile(csv, readersCsv(READERS))
    const consent = ['--consent', 'asked for it']
    const imported = await fleet.run(
      'subscribers',
      'import',
      csv,
      '--newsletter',
      'weekly',
      ...consent,
    )
    expect(imported).toMatchObject({ code: 0, last: { added: READERS } })
    await Promise.all([fleet.worker(), fleet.worker()])
    const id = await fleet.send()
    await untilFinished(fleet, id, 120_000)
    await expectAccounts(fleet, id, { chosen: READERS, accepted: READERS })
    const reconciled = await fleet.run('reconcile', id)
    expect(reconciled).toMatchObject({ code: 0, last: { adds_up: true, state: 'finished' } })

    const second = await fleet.run('send', fleet.issue, '--newsletter', 'weekly', '--yes')
    expect(second).toMatchObject({ code: 1, last: { error: { code: 'refused' } } })
    expect(second.last.error).toMatchObject({ message: expect.stringContaining('nobody is to be') })
    expect((await fleet.sink.counts()).messages).toBe(READERS)
  }, 240_000)

  it('mails by a second send exactly those who lack the issue and may be mailed', async () => {
    // Of 600, 6 are refused as nobody there, which suppresses them, and 9 for what they think of the content.
    const rcpt = Array.from({ length: 600 }, (_, i) => {
      if (i % 100 === 50) return '550 5.1.1 no such user'
      return i % 100 === 70 || i % 200 === 10 ? '554 5.7.1 not wanted' : '250 2.1.5 ok'
    })
    fleet = await startFleet({
      redisUrl: redis()?.url ?? null,
      readers: 600,
      sink: { replies: { rcpt } },
    })
    await Promise.all([fleet.worker(), fleet.worker()])
    const id = await fleet.send()
    await untilFinished(fleet, id, 120_000)
    await expectAccounts(fleet, id, { chosen: 600, accepted: 585, rejected: 15 })
    const lack = (await rowsOf(fleet, id)).filter((row) => row.state === 'rejected')
    const { rows } = await fleet.run('suppression', 'list').then(({ last }) => ({ rows: last }))
    expect(rows).toMatchObject({ suppressions: { length: 6 } })

    const before = (await fleet.sink.entries()).length
    const second = await fleet.run('send', fleet.issue, '--newsletter', 'weekly', '--yes')
    expect(second).toMatchObject({
      code: 0,
      last: { state: 'finished', ledger: { chosen: 600, accepted: 9, skipped: 591 } },
    })
    const mailed = (await fleet.sink.entries()).slice(before).map((entry) => entry.to)
    expect(mailed).toHaveLength(9)
    expect(lack.map((row) => row.address)).toEqual(expect.arrayContaining(mailed))
  }, 240_000)
})
