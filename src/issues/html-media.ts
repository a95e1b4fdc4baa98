/** Where what plays in a page can be looked at: a frame's address often is a bare player, or refuses to open alone. */
export function watchAddress(src: string): string {
  const url = src.startsWith('//') ? `https:${src}` : src
  const youtube = /^https?:\/\/(?:www\.)?youtube(?:-nocookie)?\.com\/embed\/([\w-]{6,20})/i.exec(
    url,
  )
  if (youtube) return `https://www.youtube.com/watch?v=${youtube[1]}`
  const vimeo = /^https?:\/\/player\.vimeo\.com\/video\/(\d+)/i.exec(url)
  if (vimeo) return `https://vimeo.com/${vimeo[1]}`
  const bilibili = /^https?:\/\/player\.bilibili\.com\/[^#]*[?&]bvid=(BV\w+)/i.exec(url)
  if (bilibili) return `https://www.bilibili.com/video/${bilibili[1]}`
  return src
}

type Attributes = Readonly<Record<string, string>>

/** The address of `<iframe>`, `<video>`, `<audio>`, `<embed>`, `<object>`, or of a `<source>` within one. */
export function mediaAddress({ src, data }: Attributes): string | null {
  const address = (src ?? data ?? '').trim()
  return address === '' || /^(?:about|data|blob|javascript):/i.test(address)
    ? null
    : watchAddress(address)
}

/** Pages that load their images late keep the address elsewhere. */
export function imageAddress(attributes: Attributes): string | undefined {
  const { src, srcset } = attributes
  const late = attributes['data-src'] ?? attributes['data-original'] ?? attributes['data-lazy-src']
  if (late && (!src || /^data:/i.test(src))) return late
  return src ?? late ?? srcset?.trim().split(/[\s,]/)[0]
}
