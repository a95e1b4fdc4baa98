import type { TakenImages } from '../messages/design.ts'
import type { FitImage } from './image-pixels.ts'
import type { TakenIn } from './images.ts'

const EXTENSIONS = { png: 'png', jpeg: 'jpg', gif: 'gif' } as const

/** `media/xY…z.jpg`: where the web process serves a picture, below PUBLIC_URL. */
export function mediaPath({ hash, kind }: Pick<FitImage, 'hash' | 'kind'>): string {
  return `media/${hash.toString('base64url')}.${EXTENSIONS[kind]}`
}

/** The hash in the last part of such a path, or null. */
export function hashOfMediaName(name: string): Buffer | null {
  const hash = /^([A-Za-z0-9_-]{32})\.(?:png|jpg|gif)$/.exec(name)?.[1]
  return hash === undefined ? null : Buffer.from(hash, 'base64url')
}

/** For compileIssue: where each picture will be, by `urlOf`. */
export function taken(images: readonly TakenIn[], urlOf: (image: FitImage) => string): TakenImages {
  return Object.fromEntries(
    images.map(({ href, image }) => [
      href,
      { url: urlOf(image), width: image.width, height: image.height },
    ]),
  )
}

/** For mails that are only looked at: the picture in its own address. */
export function dataUrl({ kind, bytes }: Pick<FitImage, 'kind' | 'bytes'>): string {
  return `data:image/${kind};base64,${bytes.toString('base64')}`
}
