import type { Trx } from '../../db/client.ts'
import { type CampaignRow, campaignById } from '../../db/queries/campaigns.ts'
import { readLedger } from '../../db/queries/deliveries-ledger.ts'
import type { DeliveryState, Id } from '../../db/types.ts'
import { type Notice, notify, type Teller } from '../outbox/notice.ts'
import { ledgerOf } from './status.ts'

export type { Teller } from '../outbox/notice.ts'

/** To the notify address, if there is one; in the transaction of the move, so that it is told once. */
export async function tellFinished(trx: Trx, teller: Teller, campaign: CampaignRow): Promise<void> {
  await tell(trx, teller, campaign, async (isChinese) => {
    const view = await readLedger(trx, campaign.id)
    if (view === null) throw new Error(`campaign ${campaign.id} is gone`)
    const { chosen, ...rows } = ledgerOf(view.chosen, view.lines)
    const parts = Object.entries(rows).filter(([, count]) => count > 0)
    const sum = parts
      .map(([state, count]) => part(state as DeliveryState, count, isChinese))
      .join(' + ')
    const total = chosen.toLocaleString('en')
    return isChinese
      ? {
          subject: `已发完：${view.title}`,
          lines: [`第 ${campaign.id} 次发送已结束。`, `选中 ${total} = ${sum || '0'}`],
        }
      : {
          subject: `Finished: ${view.title}`,
          lines: [`Campaign ${campaign.id} has finished.`, `${total} chosen = ${sum || '0'}`],
        }
  })
}

export async function tellPaused(trx: Trx, teller: Teller, campaign: CampaignRow): Promise<void> {
  const { id, reason, subject } = campaign
  await tell(trx, teller, campaign, async (isChinese) =>
    isChinese
      ? {
          subject: `已暂停：${subject}`,
          lines: [
            `第 ${id} 次发送已暂停：${reason ?? ''}`,
            `排除原因后继续：postrider resume ${id}`,
          ],
        }
      : {
          subject: `Paused: ${subject}`,
          lines: [
            `Campaign ${id} is paused: ${reason ?? ''}`,
            `Once that is mended, it goes on with: postrider resume ${id}`,
          ],
        },
  )
}

/** A worker died with rows in its hands. */
export async function tellUncertain(
  trx: Trx,
  teller: Teller,
  campaignId: Id,
  rows: number,
): Promise<void> {
  await tellOf(trx, teller, campaignId, {
    chinese: ({ id, subject }) => ({
      subject: `不确定：${subject}`,
      lines: [
        `第 ${id} 次发送中有一个进程意外退出，${rows} 封是否已送出无法得知。`,
        `如要再发一次：postrider resend ${id} --only uncertain`,
      ],
    }),
    english: ({ id, subject }) => ({
      subject: `Uncertain: ${subject}`,
      lines: [
        `A worker of campaign ${id} was lost, and nobody can know whether ${rows} of its messages went out.`,
        `If twice is better than never: postrider resend ${id} --only uncertain`,
      ],
    }),
  })
}

/** One of its transports does not work, and it goes on by another: by that this is told too. */
export async function tellRests(
  trx: Trx,
  teller: Teller,
  campaignId: Id,
  reason: string,
): Promise<void> {
  await tellOf(trx, teller, campaignId, {
    chinese: ({ id, subject }) => ({
      subject: `一条发送通道不可用：${subject}`,
      lines: [`第 ${id} 次发送改走其他通道。原因：${reason}`, '会自动重试；登录被拒的请先修复。'],
    }),
    english: ({ id, subject }) => ({
      subject: `A transport does not work: ${subject}`,
      lines: [
        `Campaign ${id} goes on by its other transports. What was said: ${reason}`,
        'It is tried again by itself. Where it refuses us, that is to be mended first.',
      ],
    }),
  })
}

/** What comes back of a campaign is too much, or says something that the editor should read. */
export async function tellOfFeedback(
  trx: Trx,
  teller: Teller,
  campaignId: Id,
  words: string,
): Promise<void> {
  await tellOf(trx, teller, campaignId, {
    chinese: ({ id, subject }) => ({
      subject: `退信与投诉：${subject}`,
      lines: [`第 ${id} 次发送：${words}`, `详情：postrider feedback list --campaign ${id}`],
    }),
    english: ({ id, subject }) => ({
      subject: `What came back: ${subject}`,
      lines: [`Campaign ${id}: ${words}`, `All of it: postrider feedback list --campaign ${id}`],
    }),
  })
}

type Words = Readonly<
  Record<'chinese' | 'english', (campaign: Pick<CampaignRow, 'id' | 'subject'>) => Notice>
>

/** Nobody is told of a campaign that is gone. */
async function tellOf(trx: Trx, teller: Teller, campaignId: Id, words: Words): Promise<void> {
  const campaign = await campaignById(trx, campaignId)
  if (campaign === null) return
  await tell(trx, teller, campaign, async (isChinese) =>
    isChinese ? words.chinese(campaign) : words.english(campaign),
  )
}

function tell(
  trx: Trx,
  teller: Teller,
  campaign: CampaignRow,
  write: (isChinese: boolean) => Promise<Notice>,
): Promise<boolean> {
  return notify(trx, teller, campaign.newsletter_id, (_, isChinese) => write(isChinese))
}

const CHINESE: Record<DeliveryState, string> = {
  ...{ queued: '排队', sending: '发送中', deferred: '推迟', accepted: '已接收', rejected: '被拒' },
  ...{ failed: '失败', skipped: '跳过', uncertain: '不确定', cancelled: '已取消' },
}

function part(state: DeliveryState, count: number, isChinese: boolean): string {
  return `${count.toLocaleString('en')} ${isChinese ? CHINESE[state] : state}`
}
