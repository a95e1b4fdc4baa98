import type { Token, Tokens } from 'marked'
import { decodeEntities } from '../entities.ts'
import { type Findings, shorten } from '../finding.ts'
import { missingAlt } from '../html.ts'
import type { SourceLine } from '../issue.ts'
import { plainText } from '../plain-text.ts'

const SAYS_NOTHING =
  /^(?:image|img|picture|pic|photo|screenshot|alt|alt text|logo|banner|cover|图片?|圖片|图像|照片|截图|封面|配图|画像|写真|이미지|사진|bild|foto|imagen?|capture|изображение|картинка|фото|صورة|تصویر|عکس|image[-_ ]?\d+|img[-_ ]?\d+|图\d+)$/iu
const FILE_NAME = /^[\w.@~% -]{1,120}\.(?:png|jpe?g|gif|webp|svg|avif|bmp)$/i
/** Formats that Outlook for Windows, or Gmail, shows as an empty frame. */
const UNSHOWN: Readonly<Record<string, string>> = {
  svg: 'Gmail and Outlook do not show SVG',
  avif: 'Outlook and older Apple Mail do not show AVIF',
  webp: 'Outlook for Windows does not show WebP',
  bmp: 'some mail programs do not show BMP',
  tiff: 'most mail programs do not show TIFF',
}

export function checkImage(token: Token, line: SourceLine, findings: Findings): void {
  for (const { src, alt } of imagesOf(token)) {
    // In HTML it was found missing where the line was known.
    if (alt === '' && token.type === 'image') findings.warning(line, missingAlt(src))
    if (SAYS_NOTHING.test(alt) || FILE_NAME.test(alt)) {
      findings.warning(line, {
        what: `the alt text of an image says nothing: "${shorten(alt, 40)}"`,
        why: 'it stands in the image’s place where images are off',
        fix: 'say in a few words what it shows',
      })
    }
    const why = UNSHOWN[/\.(\w{3,4})(?:[?#]|$)/.exec(src)?.[1]?.toLowerCase() ?? '']
    if (why !== undefined && /^https?:/i.test(src)) {
      findings.warning(line, {
        what: `an image that not every reader sees: ${shorten(src)}`,
        why,
        fix: 'use a PNG or a JPEG',
      })
    }
  }
}

function imagesOf(token: Token): { src: string; alt: string }[] {
  if (token.type === 'image') {
    return [{ src: token.href, alt: plainText((token as Tokens.Image).tokens ?? []).trim() }]
  }
  if (token.type !== 'html') return []
  return [...token.text.matchAll(/<img\b[^>]*>/g)].map(([tag]) => ({
    src: decodeEntities(/\ssrc="([^"]*)"/.exec(tag)?.[1] ?? ''),
    alt: decodeEntities(/\salt="([^"]*)"/.exec(tag)?.[1] ?? '').trim(),
  }))
}
