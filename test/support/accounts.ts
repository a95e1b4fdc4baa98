import { sql } from 'kysely'
import { expect } from 'vitest'
import type { DeliveryState, Id } from '../../db/types.ts'
import { campaignStatus, type Ledger } from '../../src/campaigns/status.ts'
import { openUnsubscribeToken } from '../../src/links.ts'
import { eventually } from './eventually.ts'
import type { Fleet } from './fleet.ts'
import { noteRun } from './runs.ts'
import type { SinkEntry } from './sink.ts'

export type Row = Readonly<{
  subscriberId: Id
  address: string
  state: DeliveryState
  attempts: number
}>

export async function rowsOf({ db }: Pick<Fleet, 'db'>, campaignId: Id): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select d.subscriber_id as "subscriberId", r.address, d.state, d.attempts
    from deliveries as d join subscribers as r on r.id = d.subscriber_id
    where d.campaign_id = ${campaignId}`.execute(db)
  return rows
}

/** Whose rows have no outcome recorded though a worker holds them. Ask when that worker's connections are gone. */
export async function addressesInFlight(fleet: Fleet, campaignId: Id): Promise<string[]> {
  await untilDisconnected(fleet)
  const rows = await rowsOf(fleet, campaignId)
  return rows.filter((row) => row.state === 'sending').map((row) => row.address)
}

/** What a killed worker had asked of Postgres may still be on its way there. */
async function untilDisconnected({ db }: Fleet): Promise<void> {
  await eventually(async () => {
    const { rows } = await sql<{ open: number }>`
      select count(*)::int as open from pg_stat_activity
      where datname = current_database() and application_name like 'postrider%'`.execute(db)
    expect(rows[0]?.open).toBe(0)
  })
}

/** What a campaign came to, from the mail server's side. */
export type Account = Readonly<{
  chosen: number
  accepted: number
  uncertain: number
  failed: number
  /** Accepted, and the server never had it. */
  lost: string[]
  /** Had it more than once, by recipient or by Message-ID. */
  doubled: string[]
  /** Had it, and their row says that they cannot have. */
  unaccounted: string[]
  /** Had another reader's name or link. */
  mixedUp: string[]
}>

/** @param entries what the server took, where it is more than the fleet's sink has */
export async function accountOf(
  fleet: Fleet,
  campaignId: Id,
  entries?: readonly SinkEntry[],
): Promise<Account> {
  const rows = await rowsOf(fleet, campaignId)
  const taken = entries ?? (await fleet.sink.entries())
  const received = new Set(taken.map((entry) => entry.to))
  const accepted = rows.filter((row) => row.state === 'accepted')
  const uncertain = rows.filter((row) => row.state === 'uncertain')
  const mayHaveIt = new Set([...accepted, ...uncertain].map((row) => row.address))
  const byAddress = new Map(rows.map((row) => [row.address, row]))
  return {
    ...{ chosen: rows.length, accepted: accepted.length, uncertain: uncertain.length },
    failed: rows.filter((row) => row.state === 'failed').length,
    lost: accepted.map((row) => row.address).filter((address) => !received.has(address)),
    doubled: [
      ...twice(taken.map((entry) => entry.to)),
      ...twice(taken.map((entry) => entry.messageId ?? '')),
    ],
    unaccounted: [...received].filter((address) => !mayHaveIt.has(address)),
    mixedUp: taken
      .filter((entry) => !isOwn(fleet, entry, byAddress.get(entry.to)))
      .map((entry) => entry.to),
  }
}

/** `reader-7@readers.test` is greeted as "Reader 7" and by nobody else's name, and leaves by their own link. */
function isOwn({ secrets }: Fleet, entry: SinkEntry, row: Row | undefined): boolean {
  const name = /^reader-(\d+)@/.exec(entry.to)?.[1]
  const token = entry.unsubscribe?.split('/').at(-1)
  const reader = token === undefined ? null : openUnsubscribeToken(secrets, token)
  return (
    (name === undefined || entry.greets.join() === `Reader ${name}`) &&
    reader?.subscriberId === row?.subscriberId
  )
}

/**
 * The ledger adds up and is as expected (what is not named is 0); the sink has one message for each accepted row, at
 * most one for each uncertain one and none for the others, by recipient and by Message-ID, each with its own reader's
 * data. `what`: the fault, for the table of runs.
 */
export async function expectAccounts(
  fleet: Fleet,
  campaignId: Id,
  expected: Partial<Ledger> & { chosen: number },
  of: Readonly<{ what?: string; entries?: readonly SinkEntry[] }> = {},
): Promise<void> {
  const status = await campaignStatus(fleet.db, campaignId)
  const account = await accountOf(fleet, campaignId, of.entries)
  if (of.what !== undefined) noteRun(fleet, of.what, account)
  const counts = Object.entries(status.ledger).filter(([, count]) => count > 0)
  expect(Object.fromEntries(counts)).toEqual(
    Object.fromEntries(Object.entries(expected).filter(([, count]) => count > 0)),
  )
  expect(status.adds_up).toBe(true)
  const { lost, doubled, unaccounted, mixedUp } = account
  expect({ lost, doubled, unaccounted, mixedUp }).toEqual({
    ...{ lost: [], doubled: [], unaccounted: [], mixedUp: [] },
  })
}

function twice<T>(values: readonly T[]): T[] {
  const seen = new Set<T>()
  return values.filter((value) => seen.has(value) || !seen.add(value))
}
