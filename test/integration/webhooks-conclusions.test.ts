import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { handleWaiting } from '../../src/feedback/handle.ts'
import { readPosts } from '../../src/feedback/read-posts.ts'
import { takePost } from '../../src/feedback/take-post.ts'
import { createLog } from '../../src/log.ts'
import { messageIdOf } from '../../src/mail/token-address.ts'
import { liftSuppression } from '../../src/suppression/suppression.ts'
import { type SentCampaign, type SentTo, sentCampaign } from '../support/intake.ts'

let sent: SentCampaign
let count = 0

beforeAll(async () => {
  sent = await sentCampaign(8)
})
afterAll(async () => {
  await sent.close()
})

const reader = (n: number) => sent.readers[n] as SentTo
const idOf = ({ id }: SentTo) =>
  messageIdOf(
    sent.secrets,
    { campaignId: sent.campaignId, subscriberId: id },
    sent.secrets.signingKeyId,
    'weekly.example',
  )

/** As from a post to what follows. @returns the event as it stands then */
async function follow(said: Record<string, unknown>) {
  count += 1
  const { db, secrets } = sent
  const raw = Buffer.from(JSON.stringify({ id: `event-${count}`, ...said }))
  await takePost(db, { provider: 'generic', raw })
  const { eventIds } = await readPosts(db, secrets)
  const { policy } = loadConfig({})
  await handleWaiting({ db, secrets, policy, log: createLog('test', 'silent') }, new Date())
  return await db
    .selectFrom('feedback_events')
    .selectAll()
    .where('id', '=', eventIds[0] ?? '0')
    .executeTakeFirstOrThrow()
}

const dead = { event: 'bounce', type: 'hard', status: '5.1.1', text: '550 5.1.1 no such user' }

async function isSuppressed({ address }: SentTo): Promise<boolean> {
  const row = await sent.db
    .selectFrom('suppressions')
    .select('id')
    .where('address', '=', address)
    .where('lifted_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

describe('from a provider’s post to what follows', () => {
  it('a dead address is suppressed, by our Message-ID or by its address alone', async () => {
    const [one, two] = [reader(0), reader(1)]
    const named = { ...dead, email: one.address, message_id: idOf(one) }
    expect(await follow(named)).toMatchObject({ action: 'suppressed', proof: 'message-id' })
    expect(await follow({ ...dead, email: two.address })).toMatchObject({
      ...{ action: 'suppressed', proof: 'address', source: 'webhook', origin: 'generic' },
    })
    expect(await isSuppressed(one)).toBe(true)
    expect(await isSuppressed(two)).toBe(true)
    expect(await isSuppressed(reader(2))).toBe(false)
  })

  it('what is about nobody whom we have mailed changes nothing, and is shown with the reason', async () => {
    const before = await sent.db.selectFrom('suppressions').selectAll().execute()
    const forged = idOf(reader(2)).replace(/^<m-(.)/, (_, c) => `<m-${c === 'a' ? 'b' : 'a'}`)
    for (const said of [
      { ...dead, email: 'stranger@far.test' },
      { ...dead, message_id: forged },
      { event: 'complaint', email: 'stranger@far.test' },
      { event: 'unsubscribe', email: 'stranger@far.test' },
    ]) {
      const event = await follow(said)
      expect(event).toMatchObject({ action: null, handled_at: expect.any(Date) })
      expect(event.held_because).not.toBeNull()
    }
    expect(await sent.db.selectFrom('suppressions').selectAll().execute()).toEqual(before)
  })

  it('whoever complains or leaves there is off here; "not spam" is no complaint', async () => {
    const [angry, gone, glad] = [reader(3), reader(4), reader(5)]
    const state = async ({ id }: SentTo) =>
      await sent.db
        .selectFrom('subscriptions')
        .select('state')
        .where('subscriber_id', '=', id)
        .executeTakeFirstOrThrow()
    await follow({ event: 'complaint', email: angry.address, message_id: idOf(angry) })
    expect(await state(angry)).toEqual({ state: 'unsubscribed' })
    expect(await isSuppressed(angry)).toBe(true)
    await follow({ event: 'unsubscribe', email: gone.address, message_id: idOf(gone) })
    expect(await state(gone)).toEqual({ state: 'unsubscribed' })
    expect(await isSuppressed(gone)).toBe(false)
    const notSpam = { event: 'complaint', feedback_type: 'not-spam', message_id: idOf(glad) }
    expect(await follow(notSpam)).toMatchObject({ action: null })
    expect(await state(glad)).toEqual({ state: 'active' })
  })

  it('a delivery that we did not know of is accepted', async () => {
    const one = reader(6)
    const row = () =>
      sent.db
        .updateTable('deliveries')
        .where('campaign_id', '=', sent.campaignId)
        .where('subscriber_id', '=', one.id)
    await row().set({ state: 'uncertain' }).execute()
    await follow({ event: 'delivered', email: one.address, message_id: idOf(one) })
    const { state } = await sent.db
      .selectFrom('deliveries')
      .select('state')
      .where('subscriber_id', '=', one.id)
      .executeTakeFirstOrThrow()
    expect(state).toBe('accepted')
  })

  it('the same event posted again does not suppress anew what was lifted since', async () => {
    const one = reader(7)
    const said = { ...dead, id: 'once', email: one.address, message_id: idOf(one) }
    await follow(said)
    const by = { address: one.address, note: 'a typo of theirs' }
    await liftSuppression(sent.db, sent.secrets, by)
    await expect(follow({ ...said, text: '550 5.1.1 no such user, again' })).rejects.toThrow()
    expect(await isSuppressed(one)).toBe(false)
  })
})
