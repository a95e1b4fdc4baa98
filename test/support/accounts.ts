import { sql } from 'kysely'
import { expect } from 'vitest'
import type { DeliveryState, Id } from '../../db/types.ts'
import { campaignStatus, type Ledger } from '../../src/campaigns/status.ts'
import { eventually } from './eventually.ts'
import type { Fleet } from './fleet.ts'

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

/**
 * The ledger adds up and is as expected (what is not named is 0); the sink has one message for each accepted row, at
 * most one for each uncertain one and none for the others, by recipient and by Message-ID.
 */
export async function expectAccounts(
  fleet: Fleet,
  campaignId: Id,
  expected: Partial<Ledger> & { chosen: number },
): Promise<void> {
  const status = await campaignStatus(fleet.db, campaignId)
  const counts = Object.entries(status.ledger).filter(([, count]) => count > 0)
  expect(Object.fromEntries(counts)).toEqual(
    Object.fromEntries(Object.entries(expected).filter(([, count]) => count > 0)),
  )
  expect(status.adds_up).toBe(true)
  const rows = await rowsOf(fleet, campaignId)
  const entries = await fleet.sink.entries()
  expect(twice(entries.map((entry) => entry.to))).toEqual([])
  expect(twice(entries.map((entry) => entry.messageId))).toEqual([])
  const received = new Set(entries.map((entry) => entry.to))
  const lost = rows.filter((row) => row.state === 'accepted' && !received.has(row.address))
  expect(lost).toEqual([])
  const mayHaveIt = new Set(
    rows
      .filter((row) => row.state === 'accepted' || row.state === 'uncertain')
      .map((row) => row.address),
  )
  expect([...received].filter((address) => !mayHaveIt.has(address))).toEqual([])
}

function twice<T>(values: readonly T[]): T[] {
  const seen = new Set<T>()
  return values.filter((value) => seen.has(value) || !seen.add(value))
}
