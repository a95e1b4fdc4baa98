import { randomBytes } from 'node:crypto'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { insertMedia } from '../../db/queries/media.ts'
import { createCampaign } from '../../src/campaigns/campaign.ts'
import { type FitImage, fitImage } from '../../src/campaigns/image-pixels.ts'
import { mediaPath } from '../../src/campaigns/media.ts'
import { campaignInput, someNewsletter } from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { testApp } from '../support/readers.ts'

let t: TestDatabase
let app: ReturnType<typeof testApp>
let image: FitImage

beforeAll(async () => {
  t = await testDatabase()
  app = testApp(t.db)
  const made = await fitImage(
    await sharp({ create: { width: 20, height: 10, channels: 3, background: '#123' } })
      .png()
      .toBuffer(),
  )
  if (typeof made === 'string') throw new Error(made)
  image = made
})
afterAll(() => t.drop())

describe('a picture of an issue', () => {
  it('is served from the moment its campaign is made, byte by byte, as what it is and nothing else', async () => {
    const newsletter = await someNewsletter(t.db)
    const input = await campaignInput(t.db, newsletter)
    expect((await app.ask(`/${mediaPath(image)}`)).status).toBe(404)
    await createCampaign(t.db, { signingKeyId: 1 }, { ...input, media: [image, image] })
    const answer = await app.ask(`/${mediaPath(image)}`)
    expect(answer.status).toBe(200)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(image.bytes)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })

  it('is not sent again to who has it', async () => {
    const etag = (await app.ask(`/${mediaPath(image)}`)).headers.get('etag') ?? ''
    const answer = await app.ask(`/${mediaPath(image)}`, { headers: { 'if-none-match': etag } })
    expect(answer.status).toBe(304)
    expect(await answer.text()).toBe('')
  })

  it('is found under its hash alone', async () => {
    const name = mediaPath(image).slice('media/'.length)
    for (const path of [
      `/media/${'A'.repeat(32)}.png`,
      `/media/${name.replace('.png', '.svg')}`,
      '/media/..%2f..%2fetc%2fpasswd',
      `/media/${name}%00`,
      '/media/',
    ]) {
      expect((await app.ask(path)).status).toBe(404)
    }
  })

  it('is stored once, also by many at once in any order', async () => {
    const media = Array.from({ length: 12 }, () => ({
      hash: randomBytes(24),
      kind: 'gif' as const,
      bytes: randomBytes(50),
    }))
    await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        t.db
          .transaction()
          .execute((trx) => insertMedia(trx, i % 2 === 0 ? media : media.toReversed())),
      ),
    )
    const { count } = await t.db
      .selectFrom('media')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where('kind', '=', 'gif')
      .executeTakeFirstOrThrow()
    expect(Number(count)).toBe(12)
  })
})
