import { isUnreachable, sqlState } from '../../db/client.ts'
import type { TransportHealth } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import { messageOf } from '../errors.ts'
import type { Sender } from '../mail/smtp.ts'
import { type Claimed, claimWindow } from './claim.ts'
import type { Next, Source } from './held.ts'
import type { CourierDeps, Parts } from './parts.ts'

const LONGEST_PATIENCE_MS = 250

/** Claim → dispatch, the next window before the last is empty, until nothing is due. */
export async function claimAndSend(deps: CourierDeps, parts: Parts, source: Source): Promise<Next> {
  const { window, halt, recorder, state } = parts
  let failures = 0
  while (!state.stopping) {
    const size = halt.isOn() || recorder.isHearing() ? 0 : window.roomFor(source, performance.now())
    if (size === 0) {
      await window.change(100)
      continue
    }
    try {
      const next = await claimOnce(deps, parts, source, size)
      failures = 0
      if (next !== 'go-on') return next
    } catch (error) {
      if (!isAway(error)) throw error
      failures += 1
      deps.log.warn(
        { campaignId: source.rows, err: messageOf(error) },
        'cannot claim; trying again',
      )
      await window.change(Math.min(2_000, 50 * 2 ** failures))
    }
  }
  await drained(parts, source)
  // Another worker's.
  return { next: 'at', at: new Date(Date.now() + 1_000) }
}

async function claimOnce(
  deps: CourierDeps,
  parts: Parts,
  source: Source,
  size: number,
): Promise<Next | 'go-on'> {
  const { db, sender, workerId, transportId } = deps
  const { window, halt, recorder } = parts
  const refusals = halt.state.refusals
  const ask = { source, workerId, transportId, size, clock: parts.clock }
  const on = {
    health(health: TransportHealth) {
      window.setRate(health.ratePerSecond)
      halt.state.restsInRow = health.restsInRow
      parts.state.health = health
    },
    inDoubt: (claimId: Id) => recorder.doubt(source.rows, claimId),
  }
  const result = await window.expecting(size, async () => {
    const got = await claimWindow(db, ask, on)
    if (got.got === 'rows') takeRows(parts, sender, got, refusals)
    return got
  })
  switch (result.got) {
    case 'rows':
      return 'go-on'
    case 'closed':
      recorder.finish(result.claim)
      return 'go-on'
    case 'backlog':
      if (result.waitMs > 2_000 && window.heldOf(source) === 0) {
        return { next: 'at', at: new Date(Date.now() + result.waitMs) }
      }
      await patience(parts, result.waitMs)
      return 'go-on'
    case 'rest':
      await drained(parts, source)
      return { next: 'at', at: result.until }
    case 'nothing':
      return nothingToClaim(parts, source)
  }
}

function takeRows(
  { window, halt, recorder, gate, dispatcher, state, ...parts }: Parts,
  sender: Sender,
  { claim, rows }: Claimed,
  refusalsBefore: number,
): void {
  if (rows.length === 0) {
    recorder.finish(claim)
    return
  }
  window.take(claim, rows)
  parts.startTicking()
  if (state.stopping || halt.state.refusals !== refusalsBefore) {
    // Claimed before that. Left to the lanes they would wait for a silent server.
    for (const held of rows) recorder.add(held, { outcome: 'back' })
    return
  }
  if (state.refusalsAsked !== halt.state.refusals) {
    // The rest is over, or this claim would not have been given: the server may be asked anew.
    state.refusalsAsked = halt.state.refusals
    sender.resume()
  }
  // As its look said, which was asked then.
  if (rows[0]) gate.opened(claim.source.rows, rows[0].checkedAt)
  dispatcher.add(rows)
}

/** Rows on their way may come back, and others become due, before it is over for now. */
async function nothingToClaim(parts: Parts, source: Source): Promise<Next | 'go-on'> {
  const { window, recorder } = parts
  if (window.heldOf(source) > 0) {
    const until = performance.now() + 250
    while (window.heldOf(source) > 0 && performance.now() < until) await window.change(250)
    return 'go-on'
  }
  await recorder.idle()
  const next = await source.whatNext()
  if (next.next === 'none') return next
  // Due, and not to be had: another worker is just taking it.
  const soon = Date.now() + 100
  return { next: 'at', at: new Date(Math.max(soon, next.at.getTime())) }
}

/** Not woken by each message that begins: that makes no room, and asking costs a transaction. */
async function patience({ window, state }: Parts, waitMs: number): Promise<void> {
  const until = performance.now() + Math.min(waitMs, LONGEST_PATIENCE_MS)
  for (let left = waitMs; left > 0 && !state.stopping; left = until - performance.now()) {
    await window.change(Math.min(left, LONGEST_PATIENCE_MS))
  }
}

async function drained({ window, state }: Parts, source: Source): Promise<void> {
  while (window.heldOf(source) > 0 && !state.stopped) await window.change(250)
}

/** Postgres is away, or somebody else was in the way (a deadlock): no bug, and over some time. */
function isAway(error: unknown): boolean {
  return isUnreachable(error) || /^(25P03|40)/.test(sqlState(error) ?? '')
}
