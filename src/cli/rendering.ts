import type { FitImage } from '../campaigns/image-pixels.ts'
import type { TakenIn } from '../campaigns/images.ts'
import { dataUrl, mediaPath, taken } from '../campaigns/media.ts'
import type { Finding, Issue } from '../issues/issue.ts'
import { buildMime } from '../mail/mime.ts'
import type { Design } from '../messages/design.ts'
import { createFiller, type FilledMessage } from '../messages/fill.ts'
import { issueHeaders } from '../messages/issue-headers.ts'

export type Rendered = Readonly<{
  subject: string
  html: string
  text: string
  /** The page on the web. */
  web: string
  /** The whole message, pictures within. */
  eml(): Buffer
  /** As they go out: pictures by their address. */
  sizes: { htmlBytes: number; textBytes: number }
}>

export type Rendering = { ok: true; rendered: Rendered } | { ok: false; findings: Finding[] }

/** The reader and the addresses of a mail that is only looked at. */
const SAMPLE = {
  address: 'reader@readers.example',
  from: 'editor@newsletter.example',
  site: 'https://newsletter.example',
  unsubscribeUrl: 'https://newsletter.example/u/sample',
  webUrl: 'https://newsletter.example/sample',
  postalAddress: 'Postal address of the newsletter',
} as const

/** Of a newsletter of which only the name is known. */
export function sampleDesign(newsletterName: string, language: string): Design {
  return {
    newsletterName,
    language,
    timeZone: 'UTC',
    brandColor: '#0b6e4f',
    postalAddress: SAMPLE.postalAddress,
  }
}

export type RenderOptions = Readonly<{
  file: string
  design: Design
  images: readonly TakenIn[]
  /** Where a picture is shown from, for eyes on this machine. */
  imageUrl(image: FitImage): string
  now: Date
}>

/** The mail as it would be sent to a reader of whom nothing is known. */
export async function renderIssue(issue: Issue, options: RenderOptions): Promise<Rendering> {
  const { compileIssue } = await import('../messages/compile.tsx')
  const { design, images, file } = options
  const siteUrl = (image: FitImage) => `${SAMPLE.site}/${mediaPath(image)}`
  const compiled = await compileIssue(issue, design, { file, images: taken(images, siteUrl) })
  if (!compiled.ok) return compiled
  const filled = createFiller(compiled.message)({
    address: SAMPLE.address,
    attributes: {},
    unsubscribeUrl: SAMPLE.unsubscribeUrl,
    webUrl: SAMPLE.webUrl,
    newsletterName: design.newsletterName,
    issueTitle: issue.meta.title,
  })
  // Nobody serves them yet.
  const shown = (html: string, urlOf: (image: FitImage) => string) =>
    images.reduce((all, { image }) => all.replaceAll(siteUrl(image), () => urlOf(image)), html)
  const rendered: Rendered = {
    ...filled,
    html: shown(filled.html, options.imageUrl),
    web: shown(compiled.webHtml, options.imageUrl),
    sizes: compiled.sizes,
    eml: () =>
      buildMime(sampleHeaders(filled, options), { ...filled, html: shown(filled.html, dataUrl) }),
  }
  return { ok: true, rendered }
}

function sampleHeaders({ subject }: FilledMessage, { design, now }: RenderOptions) {
  return issueHeaders({
    from: { name: design.newsletterName, address: SAMPLE.from },
    replyTo: null,
    to: SAMPLE.address,
    subject,
    date: now,
    messageId: '<sample@newsletter.example>',
    listId: { name: design.newsletterName, id: 'sample.newsletter.example' },
    unsubscribeUrl: SAMPLE.unsubscribeUrl,
    unsubscribeMailto: null,
    feedbackId: 'sample:sample:sample:postrider',
  })
}
