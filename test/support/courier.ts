import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../../db/client.ts'
import { insertWorker } from '../../db/queries/workers.ts'
import type { Id } from '../../db/types.ts'
import { prepareSlice } from '../../src/campaigns/prepare.ts'
import { type Courier, createCourier } from '../../src/delivery/courier.ts'
import { sweep } from '../../src/delivery/sweep.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { createLog, type Log } from '../../src/log.ts'
import { wholeOf } from '../../src/mail/message-bytes.ts'
import type { Sender, SendResult } from '../../src/mail/smtp.ts'
import { createSecrets } from '../../src/secrets.ts'

export const secrets = createSecrets(parseKeys(newKeys(), 'test'))

export type Sent = Readonly<{ to: string; from: string; at: number; bytes: Buffer }>

const NEVER = Number.POSITIVE_INFINITY

/** A sender without a wire that tells what it was handed. */
export type MemorySender = Sender & { readonly sent: Sent[]; readonly resumes: number }

export const ACCEPTED: SendResult = {
  outcome: 'accepted',
  reply: { code: 250, enhanced: '2.0.0', text: 'queued as 4XfG2b' },
}
export const NO_SUCH_USER: SendResult = {
  outcome: 'rejected',
  reply: { code: 550, enhanced: '5.1.1', text: 'no such user' },
}

export function memorySender(
  answer: (sent: Sent, count: number) => SendResult | Promise<SendResult> = () => ACCEPTED,
  options: { connections?: number; delayMs?: number } = {},
): MemorySender {
  const sent: Sent[] = []
  const state = { resumes: 0 }
  return {
    connections: options.connections ?? 5,
    lanes: options.connections ?? 5,
    sent,
    get resumes() {
      return state.resumes
    },
    async send(envelope, bytes, { beginBy = NEVER, startBy = NEVER } = {}) {
      const reply = { code: null, enhanced: null, text: 'too late' }
      if (performance.now() > Math.min(beginBy, startBy))
        return { outcome: 'not-begun', fault: 'late', reply }
      const one = { ...envelope, bytes: wholeOf(bytes), at: performance.now() }
      sent.push(one)
      const count = sent.length
      if (options.delayMs) await sleep(options.delayMs)
      return answer(one, count)
    },
    verify: async () => ({ ok: true }),
    resume() {
      state.resumes += 1
    },
    close: async () => {},
  }
}

/** A worker's courier, with its row in the database. */
export async function someCourier(
  db: Db,
  transportId: Id,
  sender: Sender,
  options: {
    transportKind?: 'smtp' | 'catcher'
    inboundDomain?: string
    publicUrl?: string
    stopGraceMs?: number
  } = {},
): Promise<Courier> {
  return createCourier({
    ...{ db, secrets, sender, transportId, sign: null },
    log: createLog('test', 'silent'),
    workerId: await insertWorker(db, { host: 'test', pid: process.pid, transportId }),
    transportKind: options.transportKind ?? 'smtp',
    ...(options.stopGraceMs === undefined ? {} : { stopGraceMs: options.stopGraceMs }),
    site: {
      publicUrl: options.publicUrl ?? 'https://weekly.example',
      inboundDomain: options.inboundDomain ?? null,
      senderId: 'postrider',
    },
  })
}

export async function prepareAll(db: Db, campaignId: Id): Promise<void> {
  while ((await prepareSlice(db, campaignId)) === 'more');
}

/** What the queue does: works till nothing is due, and comes back when it is told to. */
export async function workToEnd(courier: Courier, campaignId: Id): Promise<void> {
  for (;;) {
    const worked = await courier.work(campaignId)
    if (worked.next !== 'at') return
    await sleep(Math.max(0, worked.at.getTime() - Date.now()))
  }
}

export const sweepOnce = (db: Db, log: Log = createLog('test', 'silent')) => sweep(db, secrets, log)
