/** Of a file as it is read. A photograph of a good camera has 15 MB. */
export const MOST_IMAGE_BYTES = 20_000_000

export type ImageKind = 'png' | 'jpeg' | 'gif' | 'webp'

/** What the bytes say, whatever the name does. SVG is text and may hold scripts: it is none of these. */
export function imageKind(bytes: Buffer): ImageKind | null {
  const starts = (at: number, signature: string) =>
    bytes.subarray(at, at + signature.length).equals(Buffer.from(signature, 'latin1'))
  if (starts(0, '\x89PNG\r\n\x1a\n')) return 'png'
  if (starts(0, '\xff\xd8\xff')) return 'jpeg'
  if (starts(0, 'GIF87a') || starts(0, 'GIF89a')) return 'gif'
  if (starts(0, 'RIFF') && starts(8, 'WEBP')) return 'webp'
  return null
}
