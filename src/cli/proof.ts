import { basename, dirname, resolve } from 'node:path'
import type { FitImage } from '../campaigns/image-pixels.ts'
import { type TakenIn, takeInImages } from '../campaigns/images.ts'
import { dataUrl } from '../campaigns/media.ts'
import type { Finding, Issue } from '../issues/issue.ts'
import type { FoundAddress } from '../issues/links.ts'
import { checkMail } from './findings.ts'
import { parseInFolder } from './input.ts'
import type { KnownNewsletter } from './known-newsletter.ts'
import { type Rendered, renderIssue, sampleDesign } from './rendering.ts'

/** Everything that can be said of an issue without sending it. */
export type Proof = Readonly<{
  file: string
  /** null: nothing could be made of the file. */
  issue: Issue | null
  /** Its newsletter's, as far as it is known. */
  newsletterName: string
  /** null: it could not be compiled. */
  rendered: Rendered | null
  /** In the order of the file. */
  findings: readonly Finding[]
  addresses: readonly FoundAddress[]
  images: readonly TakenIn[]
}>

export type ProofOptions = Readonly<{
  now: Date
  /** Without, only a name is known: the issue's, else the folder's. */
  newsletter?: KnownNewsletter | null
  /** Default: the picture itself, as a data URL. */
  imageUrl?: (image: FitImage) => string
}>

/** parse → check → images → compile: offline, without a database; findings stop nothing that can be shown. */
export async function proofIssue(
  file: string,
  markdown: string,
  options: ProofOptions,
): Promise<Proof> {
  const { parsed, addresses, folder } = parseInFolder(file, markdown)
  const folderName = basename(dirname(resolve(file)))
  if (!parsed.ok) {
    const { findings } = parsed
    return { ...nothingOf(file, folderName), findings, addresses }
  }
  const { issue } = parsed
  const taken = await takeInImages(addresses, { file, folder })
  const { language, newsletter } = issue.meta
  const design =
    options.newsletter?.design(language) ?? sampleDesign(newsletter ?? folderName, language)
  const rendering = await renderIssue(issue, {
    ...{ file, design, images: taken.images, now: options.now },
    imageUrl: options.imageUrl ?? dataUrl,
  })
  const findings = [
    ...parsed.findings,
    ...checkMail(issue, {
      ...{ file, design, now: options.now },
      sizes: rendering.ok ? rendering.rendered.sizes : null,
      readership: options.newsletter?.readership ?? null,
    }),
    ...taken.findings,
    ...(rendering.ok ? [] : rendering.findings),
  ]
  return {
    ...{ file, issue, addresses, images: taken.images },
    newsletterName: design.newsletterName,
    findings: inOrder(findings),
    rendered: rendering.ok ? rendering.rendered : null,
  }
}

function nothingOf(file: string, newsletterName: string) {
  return { file, newsletterName, issue: null, rendered: null, images: [] }
}

/** By line; what concerns the whole file comes first. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const unique = new Map(
    findings.map((each) => [`${each.line} ${each.severity} ${each.what}`, each]),
  )
  return [...unique.values()].sort((one, other) => (one.line ?? 0) - (other.line ?? 0))
}
