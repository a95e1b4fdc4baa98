import type { Media } from '../../db/queries/media.ts'
import type { Id } from '../../db/types.ts'
import { createCampaign } from '../campaigns/campaign.ts'
import { type TakenIn, takeInImages } from '../campaigns/images.ts'
import { mediaPath, taken } from '../campaigns/media.ts'
import { type Plan, planSend } from '../campaigns/plan.ts'
import { PostriderError } from '../errors.ts'
import { fetchSafely } from '../fetch-safely.ts'
import type { Finding, Issue } from '../issues/issue.ts'
import type { CompiledMessage } from '../messages/compiled.ts'
import { fillForNobody } from '../messages/fill.ts'
import { designOf } from '../newsletters/design.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'
import { chooseNewsletter } from './choose-newsletter.ts'
import { checkMail } from './findings.ts'
import { findingLine, placeOf, type ReadIssue, readAgain } from './input.ts'
import { readershipOf } from './known-newsletter.ts'
import { type Post, transportOf, waysOf } from './post.ts'
import type { Runtime } from './runtime.ts'
import { siteUrl } from './state-file.ts'

/** A file that has come as far as a compiled message, with what was found on the way. */
export type ReadyIssue = Readonly<{
  file: string
  markdown: string
  issue: Issue
  findings: readonly Finding[]
  newsletter: Newsletter
  compiled: CompiledMessage
  webHtml: string
  /** The pictures that it shows. */
  media: readonly Media[]
  sizes: { htmlBytes: number; textBytes: number }
}>

/**
 * check → compile what was parsed, for a newsletter. An error among the findings stops it.
 * @throws PostriderError bad-input, not-found
 */
export async function readyIssue(
  runtime: Runtime,
  read: ReadIssue,
  options: { newsletter?: string | undefined } = {},
): Promise<ReadyIssue> {
  const named = [options.newsletter, read.issue.meta.newsletter]
  const newsletter = await chooseNewsletter(runtime.db, ...named)
  const again = readAgain(read, newsletter.language)
  const { file, markdown, issue } = again
  const { images, findings } = await takeIn(again, newsletter)
  const design = designOf(newsletter, issue.meta.language)
  const readership = await readershipOf(runtime.db, newsletter)
  const site = await siteUrl(runtime.config)
  const { compileIssue } = await import('../messages/compile.tsx')
  const compiled = await compileIssue(issue, design, {
    file,
    images: taken(images, (image) => `${site}/${mediaPath(image)}`),
  })
  const sizes = compiled.ok ? compiled.sizes : null
  const all = [
    ...again.findings,
    ...checkMail(issue, { file, design, sizes, readership, now: new Date() }),
    ...findings,
    ...(compiled.ok ? [] : compiled.findings),
  ]
  refuseErrors(file, all)
  if (!compiled.ok) throw new PostriderError('bad-input', `${file}: cannot be compiled`)
  return {
    file,
    markdown,
    issue,
    findings: all,
    newsletter,
    compiled: compiled.message,
    webHtml: compiled.webHtml,
    media: images.map(({ image }) => image),
    sizes: compiled.sizes,
  }
}

/** The issue's own pictures, and those from elsewhere where its newsletter wants them here. */
function takeIn(
  { file, addresses, folder }: ReadIssue,
  newsletter: Newsletter,
): Promise<{ images: TakenIn[]; findings: Finding[] }> {
  const fetch = newsletter.remote_images === 'take-in' ? { fetch: fetchSafely } : {}
  return takeInImages(addresses, { file, folder, ...fetch })
}

function refuseErrors(file: string, findings: readonly Finding[]): void {
  const errors = findings.filter((finding) => finding.severity === 'error')
  const [first, ...others] = errors
  if (!first) return
  const more = others.length > 0 ? ` (and ${others.length} more: \`postrider check ${file}\`)` : ''
  throw new PostriderError('bad-input', `${findingLine(first)}${more}`, { place: placeOf(first) })
}

/** As a reader of whom nothing is known gets it. */
export function subjectOf({ compiled, issue, newsletter }: ReadyIssue): string {
  return fillForNobody(compiled.subject, {
    newsletterName: newsletter.name,
    issueTitle: issue.meta.title,
  }).trim()
}

/** What sending it would do, as of now. */
export function planOf(
  runtime: Runtime,
  ready: ReadyIssue,
  options: { startsAt: Date | null; again: boolean },
): Promise<Plan> {
  return planSend(
    runtime.db,
    {
      newsletter: ready.newsletter.slug,
      issue: ready.issue.meta.slug,
      transport: transportOf(runtime.config, ready.newsletter),
      startsAt: options.startsAt,
      again: options.again,
      publicUrl: runtime.config.publicUrl,
    },
    new Date(),
  )
}

/** Makes the campaign and rings for it. @throws PostriderError refused */
export async function makeCampaign(
  runtime: Runtime,
  post: Post,
  ready: ReadyIssue,
  options: { startsAt: Date | null; undoSeconds?: number; again: boolean },
): Promise<Id> {
  const ways = waysOf(post, ready.newsletter)
  const { campaignId, state } = await createCampaign(runtime.db, runtime.secrets, {
    newsletter: ready.newsletter,
    issueMarkdown: ready.markdown,
    issue: ready.issue,
    compiled: ready.compiled,
    webHtml: ready.webHtml,
    media: ready.media,
    ...ways,
    startsAt: options.startsAt,
    undoSeconds: options.undoSeconds ?? 0,
    graceSeconds: Math.ceil(runtime.config.graceHours * 3600),
    again: options.again,
  })
  if (state === 'sending') {
    await (await runtime.queues()).ring('prepare', { campaignId })
  }
  return campaignId
}
