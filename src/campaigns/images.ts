import type { FetchOptions, FetchResult } from '../fetch-safely.ts'
import type { Finding } from '../issues/issue.ts'
import type { FoundAddress } from '../issues/links.ts'
import type { ImageFolder } from './image-folder.ts'
import { MOST_IMAGE_BYTES } from './image-kind.ts'
import { type FitImage, fitImage } from './image-pixels.ts'

/** A picture of an issue as it was taken in: `href` is its address in the parsed issue. */
export type TakenIn = Readonly<{ href: string; image: FitImage }>

export type TakeInOptions = Readonly<{
  /** For the findings. */
  file: string
  folder: ImageFolder
  /** Asks for pictures from elsewhere; left out, they stay where they are. */
  fetch?: (address: string, options: FetchOptions) => Promise<FetchResult>
}>

/** Two at a time: each may hold 240 MB of pixels. */
const AT_ONCE = 2
/** A picture above this makes readers on the move wait. */
const HEAVY_BYTES = 1_500_000

/** Takes in what an issue brings along; what cannot be taken in is an error that stops a send. */
export async function takeInImages(
  addresses: readonly FoundAddress[],
  options: TakeInOptions,
): Promise<{ images: TakenIn[]; findings: Finding[] }> {
  const wanted = new Map<string, FoundAddress>()
  for (const each of addresses) {
    if (each.kind === 'image' && !wanted.has(each.href) && isWanted(each, options)) {
      wanted.set(each.href, each)
    }
  }
  const images: TakenIn[] = []
  const findings: Finding[] = []
  const queue = [...wanted.values()]
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const image = await takeIn(next, options)
      if (typeof image === 'string') findings.push(badImage(next, image, options.file))
      else images.push({ href: next.href, image })
      if (typeof image !== 'string' && image.bytes.length > HEAVY_BYTES) {
        findings.push(heavyImage(next, image.bytes.length, options.file))
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const lineOf = ({ line }: Finding) => line ?? 0
  return { images, findings: findings.sort((one, other) => lineOf(one) - lineOf(other)) }
}

function isWanted({ href, written }: FoundAddress, { folder, fetch }: TakeInOptions): boolean {
  if (folder.imageAt(written) === 'here') return true
  return fetch !== undefined && /^https?:/i.test(href)
}

/** The picture, or what is wrong with it, as a clause. */
async function takeIn(
  { href, written }: FoundAddress,
  { folder, fetch }: TakeInOptions,
): Promise<FitImage | string> {
  const bytes = folder.imageAt(written) === 'here' ? await folder.read(written) : null
  if (Buffer.isBuffer(bytes)) return fitImage(bytes)
  if (bytes === 'too-large') return `has more than ${MOST_IMAGE_BYTES / 1_000_000} MB`
  if (bytes !== null || fetch === undefined) return 'cannot be read'
  const answer = await fetch(href, { maxBytes: MOST_IMAGE_BYTES, timeoutMs: 30_000 })
  if (answer.outcome === 'ok') return fitImage(answer.body)
  return `could not be fetched: ${answer.reason}`
}

function badImage({ written, line }: FoundAddress, problem: string, file: string): Finding {
  return {
    severity: 'error',
    file,
    line,
    what: `the image ${shortened(written)} ${problem}`,
    why: 'readers would see an empty frame',
    fix: `save it as PNG, JPEG, GIF or WebP of at most ${MOST_IMAGE_BYTES / 1_000_000} MB and 60 megapixels, or take it out`,
  }
}

function heavyImage({ written, line }: FoundAddress, bytes: number, file: string): Finding {
  return {
    severity: 'warning',
    file,
    line,
    what: `the image ${shortened(written)} has ${(bytes / 1_000_000).toFixed(1)} MB even after it was made smaller`,
    why: 'readers on the move wait for it, and pay for it',
    fix: 'save photographs as JPEG, and shorten what moves',
  }
}

const shortened = (address: string) => (address.length <= 60 ? address : `${address.slice(0, 57)}…`)
