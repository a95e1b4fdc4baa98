import type { Db, Trx } from '../../db/client.ts'
import {
  type CampaignRow,
  campaignById,
  type Move,
  type MoveValues,
  moveCampaign,
} from '../../db/queries/campaigns.ts'
import type { CampaignState, Id } from '../../db/types.ts'
import { PostriderError } from '../errors.ts'

/**
 * Every move that there is: `scheduled` → `sending` ⇄ `paused` → `finished` or `cancelled`. What should have begun long
 * ago is paused before it begins (`hold`).
 */
export const MOVES = {
  start: { from: ['scheduled'], to: 'sending' },
  pause: { from: ['sending'], to: 'paused' },
  hold: { from: ['scheduled', 'sending'], to: 'paused' },
  resume: { from: ['paused'], to: 'sending' },
  finish: { from: ['sending'], to: 'finished' },
  cancel: { from: ['scheduled', 'sending', 'paused'], to: 'cancelled' },
  resend: { from: ['sending', 'finished'], to: 'sending' },
} as const satisfies Record<string, Move>

type Asked = 'pause' | 'resume' | 'cancel' | 'resend'

const DONE = { pause: 'paused', resume: 'resumed', cancel: 'cancelled', resend: 'sent again' }

/** What helps instead, where something does. */
const INSTEAD: Partial<Record<`${Asked} ${CampaignState}`, string>> = {
  'pause scheduled': 'cancel it to keep it from starting',
  'resume cancelled': 'send the issue again: who lacks it is mailed',
  'resend scheduled': 'it has not begun',
  'resend paused': 'resume it first',
  'resend cancelled': 'send the issue again: who lacks it is mailed',
}

/**
 * Moves a campaign because somebody asked for it.
 * @throws PostriderError not-found, wrong-state
 */
export async function move(
  trx: Trx,
  id: Id,
  name: Asked,
  values: MoveValues,
): Promise<CampaignRow> {
  const moved = isId(id) ? await moveCampaign(trx, id, MOVES[name], values) : null
  if (moved !== null) return moved
  const { state } = await requireCampaign(trx, id)
  const from = [...MOVES[name].from].join(' or ')
  const instead = INSTEAD[`${name} ${state}`]
  throw new PostriderError(
    'wrong-state',
    `campaign ${id} is ${state}: only one that is ${from} can be ${DONE[name]}${instead ? `; ${instead}` : ''}`,
  )
}

/** @throws PostriderError not-found, for what is no id at all too */
export async function requireCampaign(db: Db, id: Id): Promise<CampaignRow> {
  const row = isId(id) ? await campaignById(db, id) : null
  if (row === null) throw unknownCampaign(id)
  return row
}

export function unknownCampaign(id: string): PostriderError {
  return new PostriderError('not-found', `there is no campaign ${id}: postrider status lists them`)
}

/** What Postgres takes as a bigint without an error. */
export function isId(text: string): boolean {
  return /^\d{1,18}$/.test(text)
}
