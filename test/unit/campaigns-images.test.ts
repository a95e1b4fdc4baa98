import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { imageFolder } from '../../src/campaigns/image-folder.ts'
import { type FitImage, fitImage } from '../../src/campaigns/image-pixels.ts'
import { takeInImages } from '../../src/campaigns/images.ts'
import { hashOfMediaName, mediaPath } from '../../src/campaigns/media.ts'
import type { FetchResult } from '../../src/fetch-safely.ts'
import type { FoundAddress } from '../../src/issues/links.ts'
import { parseIssue } from '../../src/issues/parse.ts'

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#7a3b2e' } })

async function fits(bytes: Buffer): Promise<FitImage> {
  const image = await fitImage(bytes)
  if (typeof image === 'string') throw new Error(`the image ${image}`)
  return image
}

describe('a picture', () => {
  it('is written for 640 px at double density, with its size in CSS pixels', async () => {
    const wide = await fits(await plain(3000, 1500).jpeg().toBuffer())
    expect(wide).toMatchObject({ kind: 'jpeg', width: 640, height: 320 })
    expect(await sharp(wide.bytes).metadata()).toMatchObject({ width: 1280, height: 640 })
    const between = await fits(await plain(900, 450).png().toBuffer())
    expect(between).toMatchObject({ kind: 'png', width: 640, height: 320 })
    expect(await sharp(between.bytes).metadata()).toMatchObject({ width: 900, height: 450 })
    expect(await fits(await plain(64, 40).png().toBuffer())).toMatchObject({
      width: 64,
      height: 40,
    })
  })

  it('loses EXIF, and stands as EXIF said it should', async () => {
    const photo = await plain(400, 200)
      .withExif({ IFD0: { Copyright: 'SECRET-PLACE' } })
      .jpeg()
      .toBuffer()
    const turned = await sharp(photo).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    expect((await sharp(turned).metadata()).orientation).toBe(6)
    const taken = await fits(turned)
    expect(taken).toMatchObject({ width: 200, height: 400 })
    const { exif, xmp, iptc, orientation } = await sharp(taken.bytes).metadata()
    expect({ exif, xmp, iptc, orientation }).toEqual({})
    expect(taken.bytes.includes('SECRET-PLACE')).toBe(false)
  })

  it('holds nothing that was hidden behind it', async () => {
    const png = await plain(10, 10).png().toBuffer()
    const taken = await fits(Buffer.concat([png, Buffer.from('<script>alert(1)</script>')]))
    expect(taken.bytes.includes('script')).toBe(false)
  })

  it('keeps its frames and their times where it moves', async () => {
    const frames = await Promise.all(
      ['#f00', '#0f0', '#00f'].map((background) =>
        sharp({ create: { width: 1600, height: 800, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    )
    const moving = sharp(frames, { join: { animated: true } })
    const delay = [100, 300, 200]
    for (const bytes of [
      await moving.clone().gif({ delay, loop: 2 }).toBuffer(),
      await moving.clone().webp({ delay, loop: 2, lossless: true }).toBuffer(),
    ]) {
      const taken = await fits(bytes)
      expect(taken).toMatchObject({ kind: 'gif', width: 640, height: 320 })
      const about = await sharp(taken.bytes, { animated: true }).metadata()
      expect(about).toMatchObject({ pages: 3, delay, loop: 2, width: 1280, pageHeight: 640 })
    }
  })

  it('that is WebP becomes what Outlook shows', async () => {
    expect(await fits(await plain(20, 20).webp().toBuffer())).toMatchObject({ kind: 'jpeg' })
    const clear = sharp({
      create: { width: 9, height: 9, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } },
    })
    expect(await fits(await clear.webp().toBuffer())).toMatchObject({ kind: 'png' })
  })

  it('has one address for the same content, which leads back to its hash', async () => {
    const bytes = await plain(30, 30).png().toBuffer()
    const [one, other] = [await fits(bytes), await fits(bytes)]
    expect(mediaPath(one)).toBe(mediaPath(other))
    expect(mediaPath(one)).toMatch(/^media\/[\w-]{32}\.png$/)
    expect(hashOfMediaName(mediaPath(one).slice('media/'.length))).toEqual(one.hash)
    for (const name of ['x.png', `${'a'.repeat(32)}.svg`, `../${'a'.repeat(32)}.png`]) {
      expect(hashOfMediaName(name)).toBeNull()
    }
  })

  it.each([
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'is no PNG'],
    ['a page', '<!doctype html><script>alert(1)</script>', 'is no PNG'],
    ['a PDF', '%PDF-1.4', 'is no PNG'],
    ['a broken PNG', '\x89PNG\r\n\x1a\nrubbish', 'is broken'],
    ['half a GIF', 'GIF89a\x10', 'is broken'],
    ['nothing', '', 'is no PNG'],
  ])('that is %s is refused', async (_, bytes, problem) => {
    expect(await fitImage(Buffer.from(bytes, 'latin1'))).toContain(problem)
  })

  it('that is cut off is refused rather than sent half grey', async () => {
    const whole = await plain(400, 400).jpeg().toBuffer()
    expect(await fitImage(whole.subarray(0, whole.length / 2))).toBe('is broken')
  })

  it('that unpacks to more than 60 megapixels is refused before it does', async () => {
    const bomb = pngOf(16_000, 16_000)
    expect(bomb.length).toBeLessThan(200_000)
    const began = process.memoryUsage().rss
    expect(await fitImage(bomb)).toBe('has too many pixels')
    expect(process.memoryUsage().rss - began).toBeLessThan(100_000_000)
  })
})

/** Black, one bit a pixel: a file of some KB for any size. */
function pngOf(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(named))
    return Buffer.concat([length, named, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 1
  const rows = deflateSync(Buffer.alloc((width / 8 + 1) * height))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

describe("an issue's own pictures", () => {
  let root: string
  let file: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'postrider-images-'))
    file = join(root, 'weekly', 'one.md')
    await mkdir(join(root, 'weekly', 'img'), { recursive: true })
    await plain(40, 20)
      .png()
      .toFile(join(root, 'weekly', 'img', 'a b.png'))
    await plain(40, 20)
      .png()
      .toFile(join(root, 'weekly', '图.png'))
    await plain(40, 20).png().toFile(join(root, 'outside.png'))
    await writeFile(join(root, 'weekly', 'img', 'text.png'), 'no picture')
    await symlink(join(root, 'outside.png'), join(root, 'weekly', 'img', 'link.png'))
    await symlink(join(root, 'weekly', '图.png'), join(root, 'weekly', 'img', 'inside.png'))
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  async function look(markdown: string, fetch?: (url: string) => Promise<FetchResult>) {
    const folder = imageFolder(file)
    const found: FoundAddress[] = []
    const around = { imageAt: folder.imageAt, found: (each: FoundAddress) => void found.push(each) }
    const parsed = parseIssue(markdown, { file: 'one.md', around })
    const taken = await takeInImages(found, { file: 'one.md', folder, ...(fetch && { fetch }) })
    const findings = [...parsed.findings, ...taken.findings].filter((f) => f.severity === 'error')
    return { ...taken, errors: findings.map(({ line, what }) => `${line}: ${what}`) }
  }

  it('are found beside the file and below it, however they are written, each once', async () => {
    const { images, errors } = await look(
      [
        '![a](img/a%20b.png) ![b](<img/a b.png>) ![c](./图.png)',
        '<img src="img/inside.png?v=2" alt="d">',
        '![again](img/a%20b.png)',
      ].join('\n\n'),
    )
    expect(errors).toEqual([])
    expect(images.map(({ href }) => href).sort()).toEqual(
      ['./%E5%9B%BE.png', 'img/a%20b.png', 'img/inside.png?v=2'].sort(),
    )
    expect(images[0]?.image).toMatchObject({ width: 40, height: 20 })
  })

  it('go before what base_url would say, under the address that the issue then has', async () => {
    const { images, errors } = await look(
      '---\nbase_url: https://a.example/x/\n---\n![a](图.png)\n\n![b](none.png)',
    )
    expect(errors).toEqual([])
    expect(images.map(({ href }) => href)).toEqual(['https://a.example/x/%E5%9B%BE.png'])
  })

  it.each([
    ['nothing there', 'img/none.png', 'there is no image img/none.png'],
    ['a file above', '../outside.png', 'the image ../outside.png lies outside'],
    ['a link that leads above', 'img/link.png', 'the image img/link.png lies outside'],
    ['a path hidden by escapes', '%2e%2e/outside.png', 'the image %2e%2e/outside.png lies outside'],
    ['a folder', 'img/', 'there is no image img/'],
    ['what is none', 'img/text.png', 'the image img/text.png is no PNG'],
    ['an absolute path', '/etc/hostname', 'there is no image /etc/hostname'],
  ])('%s is an error with its line', async (_, path, what) => {
    const { images, errors } = await look(`# T\n\nText.\n\n![x](${path})\n`)
    expect(images).toEqual([])
    expect(errors).toEqual([expect.stringContaining(`5: ${what}`)])
  })

  it('are all there is, unless those from elsewhere are wanted too', async () => {
    const markdown = '![a](https://a.example/a.png)\n\n![b](https://a.example/b.png)'
    expect(await look(markdown)).toMatchObject({ images: [], errors: [] })
    const asked: string[] = []
    const body = await plain(9, 9).png().toBuffer()
    const { images, errors } = await look(markdown, async (url) => {
      asked.push(url)
      return url.endsWith('a.png')
        ? { outcome: 'ok', url, status: 200, headers: {}, body }
        : { outcome: 'dead', url, status: 404, reason: 'it answers 404' }
    })
    expect(asked.sort()).toEqual(['https://a.example/a.png', 'https://a.example/b.png'])
    expect(images.map(({ href }) => href)).toEqual(['https://a.example/a.png'])
    expect(errors).toEqual([
      '3: the image https://a.example/b.png could not be fetched: it answers 404',
    ])
  })
})
