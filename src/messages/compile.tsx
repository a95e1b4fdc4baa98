/** @jsxRuntime automatic */
import { render } from '@react-email/components'
import IssueMail from '../../emails/issue.tsx'
import type { Finding, Issue } from '../issues/issue.ts'
import { type CodeReader, loadCodeReader } from './code-tones.ts'
import type { CompiledMessage, Piece } from './compiled.ts'
import { type Cut, cutHtml, cutSubject, cutText, type Misplaced } from './cut.ts'
import type { Design, TakenImages } from './design.ts'
import { fillForNobody } from './fill.ts'
import { makePlaceholders, type Placeholders } from './holes.ts'
import { issueProps } from './issue-props.ts'
import { issueText } from './issue-text.ts'
import { codeLanguagesOf } from './issue-tokens.ts'
import { placeImages } from './taken-images.ts'
import type { TokenHtmlOptions } from './token-html.ts'

export type CompileResult =
  | {
      ok: true
      message: CompiledMessage
      webHtml: string
      sizes: { htmlBytes: number; textBytes: number }
    }
  | { ok: false; findings: Finding[] }

/**
 * Issue and design to the message of a campaign: React and Markdown run here, once, and never per reader.
 * Refused where a reader's value could decide where a link leads, and where one could not unsubscribe.
 * @param options.file for the findings; default: the issue's slug
 * @param options.images pictures that were taken in: shown from there, with their sizes
 */
export async function compileIssue(
  written: Issue,
  design: Design,
  options: { file?: string; images?: TakenImages } = {},
): Promise<CompileResult> {
  const file = options.file ?? written.meta.slug
  const { issue, sizes } = placeImages(written, options.images ?? {})
  const placeholders = makePlaceholders(issue.merges)
  const readCode = await loadCodeReader(codeLanguagesOf(issue))
  const subject = cutSubject(issue.meta.subject, placeholders)
  const html = await mailHtml(issue, design, placeholders, { images: sizes, readCode })
  const text = cutText(issueText(issue, design, placeholders), placeholders)
  const props = issueProps(issue, design, placeholders, 'web', { images: sizes, readCode })
  const web = cutHtml(await render(<IssueMail {...props} />), placeholders)

  const findings = [
    ...misplacedFindings([...html.misplaced, ...text.misplaced, ...web.misplaced], file),
    ...unsubscribeFindings({ html: html.pieces, text: text.pieces }, file),
  ]
  if (findings.length > 0) return { ok: false, findings }

  return {
    ok: true,
    message: {
      version: 1,
      subject: subject.pieces,
      html: html.pieces,
      text: text.pieces,
      language: issue.meta.language,
    },
    webHtml: fillForNobody(web.pieces, {
      newsletterName: design.newsletterName,
      issueTitle: issue.meta.title,
    }),
    sizes: { htmlBytes: bytesOf(html.pieces), textBytes: bytesOf(text.pieces) },
  }
}

/** Gmail cuts a mail off at 102 KB, and with it the way out; what fills the holes takes some of that. */
const LARGEST = 102 * 1024 - 2000

/** As it should look, unless Gmail would cut that off: then less is said in each tag. */
async function mailHtml(
  issue: Issue,
  design: Design,
  placeholders: Placeholders,
  { images, readCode }: { images: TakenImages; readCode: CodeReader },
): Promise<Cut> {
  const show = async (options: TokenHtmlOptions): Promise<Cut> => {
    const props = issueProps(issue, design, placeholders, 'mail', options)
    return cutHtml(await render(<IssueMail {...props} />), placeholders)
  }
  const full = await show({ images, readCode })
  if (bytesOf(full.pieces) <= LARGEST) return full
  const plain = codeLanguagesOf(issue).size === 0 ? full : await show({ images })
  return bytesOf(plain.pieces) <= LARGEST ? plain : show({ images, isTerse: true })
}

/** One finding for each expression, however often it stands there wrongly. */
function misplacedFindings(misplaced: readonly Misplaced[], file: string): Finding[] {
  const findings = new Map<string, Finding>()
  for (const { kind, line, where } of misplaced) {
    const shown = kind.hole === 'merge' ? kind.source : kind.hole
    findings.set(`${shown} ${line}`, {
      severity: 'error',
      file,
      line,
      what: `${shown} stands in ${where}`,
      why: "a reader's value must not decide where a link leads, and cannot be made safe there",
      fix: 'write scheme and host yourself, and use the value in the path, the query or the text',
    })
  }
  return [...findings.values()]
}

export function unsubscribeFindings(
  parts: { html: readonly Piece[]; text: readonly Piece[] },
  file: string,
): Finding[] {
  return (['html', 'text'] as const)
    .filter((part) => !parts[part].some(isUnsubscribeHole))
    .map((part) => ({
      severity: 'error',
      file,
      line: null,
      what: `the ${part === 'html' ? 'HTML' : 'text'} part has no unsubscribe link`,
      why: 'nobody may be mailed who could not leave by that mail',
      fix: 'the template must show unsubscribeUrl in its foot',
    }))
}

function isUnsubscribeHole(piece: Piece): boolean {
  return typeof piece !== 'string' && piece.hole === 'unsubscribe-url'
}

/** Holes not counted: their values differ. */
function bytesOf(pieces: readonly Piece[]): number {
  return pieces.reduce(
    (sum, piece) => sum + (typeof piece === 'string' ? Buffer.byteLength(piece) : 0),
    0,
  )
}
