import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { DEFAULT_CHOICES } from '../../emails/theme-choices.ts'
import { designOf } from '../../src/newsletters/design.ts'
import type { NewsletterFields } from '../../src/newsletters/fields.ts'
import {
  createNewsletter,
  editNewsletter,
  findNewsletter,
  listNewsletters,
  requireNewsletter,
} from '../../src/newsletters/newsletter.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

const minimal = { name: '矿工周刊', fromAddress: 'Editor@Mine.Example' }

describe('a newsletter', () => {
  test('needs slug, name and address, and has defaults for the rest', async () => {
    const made = await createNewsletter(db, { slug: 'mine', ...minimal })
    expect(made).toMatchObject({
      slug: 'mine',
      from_name: '矿工周刊',
      from_address: 'Editor@mine.example',
      language: 'en',
      time_zone: 'UTC',
      postal_address: '',
      uncertain_policy: 'hold',
      notify_address: null,
    })
    expect(await findNewsletter(db, 'mine')).toEqual(made)
    expect(await findNewsletter(db, 'other')).toBeNull()
  })

  test('keeps language and colour in their canonical forms', async () => {
    const made = await createNewsletter(db, {
      ...{ slug: 'canonical', ...minimal, fromName: 'The editors' },
      ...{ language: 'zh-cn', timeZone: 'Asia/Shanghai', brandColor: '#AA00bb', notifyAddress: '' },
    })
    expect(made).toMatchObject({ language: 'zh-CN', time_zone: 'Asia/Shanghai' })
    expect(made).toMatchObject({ brand_color: '#aa00bb', from_name: 'The editors' })
    expect(made.notify_address).toBeNull()
  })

  test('is refused under a slug that is taken, also when two make it at once', async () => {
    const both = await Promise.allSettled([
      createNewsletter(db, { slug: 'twice', ...minimal }),
      createNewsletter(db, { slug: 'twice', ...minimal }),
    ])
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(createNewsletter(db, { slug: 'twice', ...minimal })).rejects.toMatchObject({
      code: 'bad-input',
      place: 'slug',
      message: 'there is a newsletter "twice" already',
    })
  })

  test.each(['', 'Mine', '-mine', 'mine weekly', 'mine/weekly', 'a'.repeat(64), 'mine\n'])(
    'is refused under the slug %j',
    async (slug) => {
      await expect(createNewsletter(db, { slug, ...minimal })).rejects.toMatchObject({
        ...{ code: 'bad-input', place: 'slug' },
      })
    },
  )

  test.each<[keyof NewsletterFields, unknown]>([
    ['name', '  '],
    ['name', 'a\r\nBcc: x@y.example'],
    ['fromName', 'a\nb'],
    ['fromAddress', 'nobody'],
    ['fromAddress', 'a@b.example>\r\nRCPT TO:<c@d.example'],
    ['replyTo', '@mine.example'],
    ['notifyAddress', 'x y@mine.example'],
    ['language', 'english language'],
    ['language', ''],
    ['timeZone', 'Mars/Olympus'],
    ['timeZone', '+08:00'],
    ['timeZone', ''],
    ['brandColor', 'green'],
    ['brandColor', '#fff'],
    ['uncertainPolicy', 'forget'],
    ['transports', []],
    ['transports', [{ name: 'main', weight: 0 }]],
    ['transports', [{ name: ' ', weight: 1 }]],
    ['transports', [1, 2].map((weight) => ({ name: 'main', weight }))],
  ])('refuses %s %j and names the field', async (field, value) => {
    await createNewsletter(db, { slug: 'checked', ...minimal }).catch(() => {})
    const before = await findNewsletter(db, 'checked')
    await expect(
      editNewsletter(db, 'checked', { description: 'changed', [field]: value }),
    ).rejects.toMatchObject({ code: 'bad-input', place: field })
    expect(await findNewsletter(db, 'checked')).toEqual(before)
  })

  test('is edited in what is given, and left as it was in the rest', async () => {
    const before = await createNewsletter(db, {
      slug: 'edited',
      ...minimal,
      replyTo: 'a@b.example',
    })
    const after = await editNewsletter(db, 'edited', { postalAddress: ' 1 Mill Lane \r\nAnytown ' })
    expect(after).toEqual({ ...before, postal_address: '1 Mill Lane \nAnytown' })
    expect(await editNewsletter(db, 'edited', { replyTo: null })).toMatchObject({ reply_to: null })
    expect(await editNewsletter(db, 'edited', {})).toMatchObject({ name: '矿工周刊' })
    const transports = [{ name: 'main', weight: 0.5 }]
    expect(await editNewsletter(db, 'edited', { transports })).toMatchObject({ transports })
    const all = await editNewsletter(db, 'edited', { transports: null })
    expect(all.transports).toBeNull()
  })

  test('has the look that was chosen, each choice on its own, and the default for the rest', async () => {
    const made = await createNewsletter(db, {
      slug: 'looks',
      ...minimal,
      theme: { itemStyle: 'card', width: 600 },
    })
    expect(made).toMatchObject({ theme: { itemStyle: 'card', width: 600 }, remote_images: 'link' })
    const logo = { url: 'https://a.example/l.png', width: 90, height: 30, darkUrl: null }
    const changed = await editNewsletter(db, 'looks', {
      theme: { contents: 'never', width: 640, logo },
      remoteImages: 'take-in',
    })
    expect(changed.theme).toEqual({ itemStyle: 'card', width: 640, contents: 'never', logo })
    expect(changed.remote_images).toBe('take-in')
    expect(designOf(changed).theme).toEqual({ ...DEFAULT_CHOICES, ...changed.theme })
    const bare = await editNewsletter(db, 'looks', { theme: { logo: null } })
    expect(bare.theme).toMatchObject({ logo: null, contents: 'never' })
  })

  test.each([
    [{ theme: { width: 9000 } }, 'theme.width'],
    [{ theme: { itemStyle: 'loud' } }, 'theme.itemStyle'],
    [{ theme: { logo: { url: 'javascript:alert(1)', width: 9, height: 9 } } }, 'theme.logo.url'],
    [{ theme: { colour: 'red' } }, 'theme.colour'],
    [{ remoteImages: 'maybe' }, 'remoteImages'],
  ])('refuses %j and names the field', async (fields, place) => {
    await expect(editNewsletter(db, 'mine', fields as NewsletterFields)).rejects.toMatchObject({
      code: 'bad-input',
      place,
    })
  })

  test('that is unknown is one clear line that names the known ones', async () => {
    await createNewsletter(db, { slug: 'known', ...minimal }).catch(() => {})
    const known = (await listNewsletters(db)).map((row) => row.slug)
    expect(known).toEqual([...known].sort())
    for (const ask of [
      () => requireNewsletter(db, 'none'),
      () => editNewsletter(db, 'none', { name: 'x' }),
    ]) {
      await expect(ask()).rejects.toMatchObject({
        code: 'not-found',
        message: `there is no newsletter "none"; known: ${known.join(', ')}`,
      })
    }
  })
})
