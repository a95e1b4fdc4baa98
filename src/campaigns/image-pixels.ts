import { createHash } from 'node:crypto'
import type { Metadata, Sharp } from 'sharp'
import { type ImageKind, imageKind } from './image-kind.ts'

/** A picture fit for a mail: its size in CSS pixels, the file up to twice as dense. */
export type FitImage = Readonly<{
  /** 24 bytes of the SHA-256 of `bytes`. */
  hash: Buffer
  kind: Exclude<ImageKind, 'webp'>
  bytes: Buffer
  width: number
  height: number
}>

/** The widest column of a mail, in CSS pixels; screens are up to twice as dense as makes a difference. */
const WIDEST = 640
const DENSITY = 2
/** All frames together. A bomb of some KB unpacks to gigabytes; 60 megapixels are 240 MB at most. */
const MOST_PIXELS = 60_000_000
const MOST_SECONDS = 30

/**
 * Turns, resizes and writes a picture anew: nothing of the file survives but what is seen, so neither EXIF nor
 * anything hidden behind it. WebP becomes PNG or JPEG, or GIF where it moves, since Outlook shows none.
 * @returns the picture, or what is wrong with it, as a clause
 */
export async function fitImage(bytes: Buffer): Promise<FitImage | string> {
  const kind = imageKind(bytes)
  if (kind === null) return 'is no PNG, JPEG, GIF or WebP'
  const { default: sharp } = await import('sharp')
  try {
    const image = sharp(bytes, { animated: true, limitInputPixels: MOST_PIXELS, failOn: 'error' })
    const about = await image.metadata()
    if (about.format !== kind) return 'is no PNG, JPEG, GIF or WebP'
    if (about.width * about.height > MOST_PIXELS) return 'has too many pixels'
    return await write(image, about, kind)
  } catch (error) {
    const { message } = error as Error
    return /pixel limit|timeout/i.test(message) ? 'has too many pixels' : 'is broken'
  }
}

async function write(image: Sharp, about: Metadata, read: ImageKind): Promise<FitImage> {
  const moves = (about.pages ?? 1) > 1
  const kind = read === 'webp' ? (moves ? 'gif' : about.hasAlpha ? 'png' : 'jpeg') : read
  const turned = moves ? image : image.autoOrient()
  const { data, info } = await encoded(
    turned
      .resize({ width: WIDEST * DENSITY, withoutEnlargement: true })
      .timeout({ seconds: MOST_SECONDS }),
    kind,
  ).toBuffer({ resolveWithObject: true })
  const height = info.pageHeight ?? info.height
  const width = Math.min(info.width, WIDEST)
  return {
    hash: createHash('sha256').update(data).digest().subarray(0, 24),
    kind,
    bytes: data,
    width,
    height: Math.max(1, Math.round((height * width) / info.width)),
  }
}

function encoded(image: Sharp, kind: FitImage['kind']): Sharp {
  switch (kind) {
    case 'png':
      return image.png({ compressionLevel: 9 })
    case 'jpeg':
      return image.jpeg({ quality: 82, mozjpeg: true })
    case 'gif':
      return image.gif()
  }
}
