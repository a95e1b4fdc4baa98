import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createNewsletter } from '../../src/newsletters/newsletter.ts'
import { importSubscribers } from '../../src/subscribers/import.ts'
import { expectAccounts } from '../support/accounts.ts'
import {
  type Fleet,
  onBothBackends,
  readersCsv,
  untilFinished,
  untilReceived,
  withFleet,
} from '../support/fleet.ts'

const READERS = 800

/** Another newsletter with the same readers, and its issue on its way. */
async function sendAnother(fleet: Fleet): Promise<string> {
  const newsletter = await createNewsletter(fleet.db, {
    slug: 'monthly',
    name: 'The Monthly',
    fromAddress: 'editor@monthly.example',
    postalAddress: '1 Mill Lane, Anytown',
  })
  const input = { newsletter, csv: readersCsv(READERS), consent: 'asked for it' }
  await importSubscribers(fleet.db, fleet.secrets, input, new Date())
  const file = fleet.issue.replace('the-news', 'the-month')
  await writeFile(
    file,
    '---\ntitle: The month\n---\n\nDear {{ subscriber.first_name }},\n\nit was long.\n',
  )
  const ran = await fleet.run('send', file, '--newsletter', 'monthly', '--yes', '--detach')
  return String(ran.last.campaign)
}

// Both at once: most of it is waiting for a lease to end.
describe.concurrent('two workers', () => {
  onBothBackends((redis) => {
    it.concurrent('keep two campaigns apart, also when one of them is killed', async () => {
      const redisUrl = redis()?.url ?? null
      const options = { redisUrl, readers: READERS, sink: { dotDelayMs: 20 } }
      await withFleet(options, async (fleet) => {
        const [killed] = await Promise.all([fleet.worker(), fleet.worker()])
        const sends = {
          'editor@weekly.example': await fleet.send(),
          'editor@monthly.example': await sendAnother(fleet),
        }
        await untilReceived(fleet, 300)
        await killed.end('SIGKILL')
        await fleet.worker()
        for (const [sender, id] of Object.entries(sends)) await expectApart(fleet, id, sender)
      })
    }, 300_000)
  })
})

async function expectApart(fleet: Fleet, id: string, sender: string): Promise<void> {
  const { ledger } = await untilFinished(fleet, id, 180_000)
  const entries = (await fleet.sink.entries()).filter((entry) => entry.from === sender)
  const { uncertain } = ledger
  expect(uncertain).toBeLessThanOrEqual(100)
  const expected = { chosen: READERS, accepted: READERS - uncertain, uncertain }
  const what = 'two workers and two campaigns, one worker killed'
  await expectAccounts(fleet, id, expected, { what, entries })
}
