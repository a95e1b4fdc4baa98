import { type ReplyStage, stageOf } from '../../mail/classify-reply.ts'
import { SMTP_REPLY } from './evidence.ts'

/** What a server said, cut out of a notice. */
export type ReplyIn = Readonly<{
  code: number | null
  /** RFC 3463. */
  enhanced: string | null
  text: string
  stage: ReplyStage | undefined
}>

const TEXT_LIMIT = 1_200

/** The first reply in some words; without one, its status code at least. */
export function readReplyIn(words: string): ReplyIn {
  const at = SMTP_REPLY.exec(words)?.index ?? -1
  const text = at < 0 ? '' : paragraphFrom(words, at)
  const code = /(?:^|\D)([45]\d\d):?[ -]/.exec(text.slice(0, 12))?.[1]
  return {
    code: code === undefined ? null : Number(code),
    enhanced: enhancedIn(text) ?? enhancedIn(words),
    text,
    stage: stageIn(words),
  }
}

function paragraphFrom(words: string, at: number): string {
  // "Sorry, no mailbox here by that name. (#5.1.1)": the words stand before it.
  const before = /^[\s(]*#/.test(words.slice(at)) ? words.slice(0, at) : ''
  const start =
    before === '' ? at : Math.max(before.lastIndexOf('\n\n'), before.lastIndexOf(':\n') + 1, 0)
  const rest = words.slice(start).trimStart()
  const end = rest.search(/\n[ \t]*\n/)
  return rest.slice(0, end < 0 ? TEXT_LIMIT : Math.min(end, TEXT_LIMIT))
}

/** `5.1.1`, `#5.1.1`, never a piece of an IP address or a version. */
function enhancedIn(text: string): string | null {
  return (
    /(?:^|[\s(#:;"'[<=-])([45]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)(?=$|[\s):;,.\]"'>-])/.exec(
      text,
    )?.[1] ?? null
  )
}

/** To which command the server answered so: by a transcript (`>>>`, `<<<`), else in words. */
function stageIn(words: string): ReplyStage | undefined {
  // Asked for DATA in the same breath (RFC 2920): the answer was to RCPT all the same.
  if (/<<< ?50?\d?.{0,40}(?:need rcpt|no valid recipients|rcpt first)/i.test(words)) return 'rcpt'
  // Sendmail's own conclusion from an answer to RCPT; of one to DATA it says "Service unavailable".
  if (/^<<< 5[^\n]*\n5\d\d (?:5\.1\.\d )?<[^\n]*>\.\.\. user unknown/im.test(words)) return 'rcpt'
  const turns = [...words.matchAll(/(?:>>>|-->) ?(\S+)|(?:<<<|<--) ?([45]\d\d)/g)]
  const refused = turns.findIndex(([, , code]) => code !== undefined)
  const asked = turns.slice(0, Math.max(0, refused)).at(-1)?.[1]
  return (asked === undefined ? undefined : stageOf(`command ${asked}`)) ?? stageOf(words)
}
