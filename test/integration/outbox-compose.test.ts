import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outboxById } from '../../db/queries/outbox.ts'
import { openConfirmToken, openUnsubscribeToken } from '../../src/links.ts'
import type { Newsletter } from '../../src/newsletters/newsletter.ts'
import { composeOutboxMail } from '../../src/outbox/compose.ts'
import { enqueueMail, type OutboxMail } from '../../src/outbox/enqueue.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { newsletterNamed, PUBLIC_URL, testSecrets } from '../support/readers.ts'

let t: TestDatabase
let newsletter: Newsletter
beforeAll(async () => {
  t = await testDatabase()
  newsletter = await newsletterNamed(t.db, {
    name: 'Über, "Weekly"',
    replyTo: 'talk@weekly.example',
  })
})
afterAll(() => t.drop())

const address = 'reader@inbox.test'
const to = () => ({
  ...{ newsletterId: newsletter.id, subscriberId: '42', address },
  addressHash: testSecrets.addressHash(address),
})
const enqueue = (mail: OutboxMail) => t.db.transaction().execute((trx) => enqueueMail(trx, mail))

async function composed(mail: OutboxMail) {
  const { outboxId } = await enqueue(mail)
  const row = await outboxById(t.db, outboxId)
  if (row === null) throw new Error('not there')
  const site = { publicUrl: PUBLIC_URL }
  const { envelope, bytes } = await composeOutboxMail(row, newsletter, site, testSecrets)
  const again = await composeOutboxMail(row, newsletter, site, testSecrets)
  return { row, envelope, mail: await simpleParser(bytes), again: await simpleParser(again.bytes) }
}

describe('single mails', () => {
  it('say who they are from and for, that a machine wrote them, and the same id at each try', async () => {
    const { envelope, mail, again } = await composed({
      ...to(),
      kind: 'notice',
      payload: {
        language: 'en',
        subject: 'A row of refusals',
        lines: ['The relay says no.', '20 of 20'],
      },
    })
    expect(envelope).toEqual({ from: 'editor@weekly.example', to: address })
    expect(mail.from?.value).toEqual([{ name: 'Über, "Weekly"', address: 'editor@weekly.example' }])
    expect(mail.replyTo?.value[0]?.address).toBe('talk@weekly.example')
    expect(mail.subject).toBe('A row of refusals')
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated')
    expect(mail.messageId).toMatch(/^<o-[\w-]{30,}@weekly\.example>$/)
    expect(again.messageId).toBe(mail.messageId)
    expect(mail.headers.get('list')).toBeUndefined()
    expect(mail.text).toContain('20 of 20')
    expect(mail.html).toContain('The relay says no.')
  })

  it('make the confirmation link when they are made, and store no token', async () => {
    const { row, mail } = await composed({
      ...to(),
      kind: 'confirm',
      payload: { language: 'zh-CN', confirmId: '77', expiresAt: new Date().toISOString() },
    })
    const link = /https:\/\/letters\.example\/confirm\/([\w-]+)/
    const token = link.exec(mail.text ?? '')?.[1] ?? ''
    expect(openConfirmToken(testSecrets, token)).toEqual({
      ...{ newsletterId: newsletter.id, subscriberId: '42', confirmId: '77' },
    })
    expect(link.exec(mail.html || '')?.[1]).toBe(token)
    expect(JSON.stringify(row.payload)).not.toContain(token)
    expect(mail.subject).toBe('请确认订阅《Über, "Weekly"》')
  })

  it('say how long the confirmation link works still, also of a mail that had to wait', async () => {
    const expiresAt = new Date(Date.now() + 2.9 * 86_400_000).toISOString()
    const payload = { language: 'en', confirmId: '78', expiresAt }
    const { mail } = await composed({ ...to(), kind: 'confirm', payload })
    expect(mail.text).toContain('3 days')
    expect(mail.html).toContain('3 days')
    expect(mail.text).not.toContain('14 days')
  })

  it('let a reader leave from the welcome by one click', async () => {
    const { mail } = await composed({ ...to(), kind: 'welcome', payload: { language: 'en' } })
    const list = mail.headers.get('list') as unknown as {
      unsubscribe: { url: string }
      'unsubscribe-post': { name: string }
    }
    expect(list['unsubscribe-post'].name).toBe('List-Unsubscribe=One-Click')
    const token = list.unsubscribe.url.slice(`${PUBLIC_URL}/u/`.length)
    const who = { newsletterId: newsletter.id, subscriberId: '42' }
    expect(openUnsubscribeToken(testSecrets, token)).toEqual(who)
    expect(mail.text).toContain(`${PUBLIC_URL}/${newsletter.slug}`)
  })

  it('carry a test of an issue as it was made', async () => {
    const payload = { subject: '[Test] Ünï', html: '<p>Hällo</p>', text: 'Hällo\n' }
    const { mail } = await composed({ ...to(), kind: 'test', payload })
    expect([mail.subject, mail.html, mail.text]).toEqual([
      payload.subject,
      payload.html,
      payload.text,
    ])
    const words = await composed({ ...to(), kind: 'test', payload: { language: 'en' } })
    expect(words.mail.text).toContain('This is a test mail')
  })

  it('are refused with a payload of another kind, before anything is written', async () => {
    const wrong = { ...to(), kind: 'confirm', payload: { language: 'en' } } as unknown as OutboxMail
    await expect(enqueue(wrong)).rejects.toThrow()
    const rows = await t.db
      .selectFrom('outbox')
      .select('id')
      .where('kind', '=', 'confirm')
      .execute()
    expect(rows).toHaveLength(2)
  })
})
