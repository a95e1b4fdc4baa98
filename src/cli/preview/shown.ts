import type { FitImage } from '../../campaigns/image-pixels.ts'
import { mediaPath } from '../../campaigns/media.ts'
import type { Finding, Issue } from '../../issues/issue.ts'
import { makePlaceholders } from '../../messages/holes.ts'
import { preheaderOf } from '../../messages/preheader.ts'
import type { KnownNewsletter } from '../known-newsletter.ts'
import { proofIssue } from '../proof.ts'
import type { Rendered } from '../rendering.ts'
import type { Saved } from './watch.ts'

/** One saved state of the issue, and what is shown of it. */
export type Shown = Readonly<{
  version: number
  source: string
  findings: readonly Finding[]
  /** What is wrong with this state where the last one that could be read is shown instead. */
  broken: string | null
  /** null: none of its states could be read so far. */
  mail: Mail | null
}>

type Mail = Readonly<{
  /** The state that it was made of. */
  version: number
  rendered: Rendered
  from: string
  preheader: string
  language: string
  media: ReadonlyMap<string, FitImage>
  /** Addresses of its own pictures, as written. */
  own: readonly string[]
}>

export const NOTHING_YET: Shown = {
  version: 0,
  source: '',
  findings: [],
  broken: null,
  mail: null,
}

/** The next state; the mail of the last one stays where there is none of this. */
export async function showNext(
  last: Shown,
  file: string,
  saved: Saved,
  options: Readonly<{ newsletter: KnownNewsletter | null; mediaUrl: string }>,
): Promise<Shown> {
  const version = last.version + 1
  if ('problem' in saved) {
    return { ...last, version, findings: [], broken: `${file} ${saved.problem}` }
  }
  const { text } = saved
  const media = new Map<string, FitImage>()
  const proof = await proofIssue(file, text, {
    now: new Date(),
    newsletter: options.newsletter,
    imageUrl(image) {
      media.set(mediaPath(image), image)
      return `${options.mediaUrl}/${mediaPath(image)}`
    },
  })
  const { findings, issue, rendered } = proof
  const state = { version, source: text, findings }
  if (issue === null || rendered === null) {
    return { ...state, broken: 'this state cannot be read', mail: last.mail }
  }
  const own = proof.addresses
    .filter(({ kind, written }) => kind === 'image' && !/^[a-z]+:/i.test(written))
    .map(({ written }) => written)
  return {
    ...state,
    broken: null,
    mail: {
      ...{ version, rendered, media, own },
      from: proof.newsletterName,
      preheader: preheaderLine(issue),
      language: issue.meta.language,
    },
  }
}

function preheaderLine(issue: Issue): string {
  const line = preheaderOf(issue, makePlaceholders(issue.merges)) ?? ''
  return issue.merges.reduce(
    (all, { placeholder, source }) => all.replaceAll(placeholder, () => source),
    line,
  )
}
