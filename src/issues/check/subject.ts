import { columnsOf } from '../columns.ts'
import { type Findings, shorten } from '../finding.ts'
import type { Issue } from '../issue.ts'

/** The columns that a phone's inbox shows of a subject; a CJK character takes two. */
const LONGEST_SUBJECT = 70
/** Subject and preheader together: what the widest inboxes show beside each other. */
const LONGEST_PREHEADER = 110

const withoutExpressions = ({ merges }: Issue, text: string): string =>
  merges.reduce((rest, each) => rest.replaceAll(each.placeholder, ''), text)

export function checkSubject(issue: Issue, findings: Findings): void {
  const { meta, lines = {} } = issue
  const line = lines.subject ?? lines.title ?? null
  const subject = withoutExpressions(issue, meta.subject)
  const columns = columnsOf(subject)
  if (columns > LONGEST_SUBJECT) {
    findings.warning(line, {
      what: `the subject is ${columns} columns wide`,
      why: `inboxes cut it after about ${LONGEST_SUBJECT}, phones after about 40; a CJK character takes two`,
      fix: 'write a shorter `subject:` in the front matter',
    })
  }
  const caps = allCapitals(subject)
  if (caps !== null) findings.warning(line, caps)
  const deceives = deception(subject)
  if (deceives !== null) findings.warning(line, deceives)
}

export function checkPreheader(issue: Issue, findings: Findings): void {
  const { meta, lines = {} } = issue
  if (meta.preheader === null) return
  const line = lines.preheader ?? null
  const preheader = withoutExpressions(issue, meta.preheader)
  const columns = columnsOf(preheader)
  if (columns > LONGEST_PREHEADER) {
    findings.warning(line, {
      what: `the preheader is ${columns} columns wide`,
      why: `inboxes show about ${LONGEST_PREHEADER} at most; a CJK character takes two`,
      fix: 'say the one thing that makes somebody open the mail',
    })
  }
  if (
    preheader.trim() !== '' &&
    preheader.trim() === withoutExpressions(issue, meta.subject).trim()
  ) {
    findings.warning(line, {
      what: 'the preheader says what the subject says',
      why: 'inboxes show both beside each other',
      fix: 'write something more, or leave it out: then the first items stand there',
    })
  }
}

type Words = Parameters<Findings['warning']>[1]

/** SpamAssassin's and rspamd's rule looks at Latin letters alone: one `AI` in a Chinese subject is enough. */
function allCapitals(subject: string): Words | null {
  const capitals = subject.match(/[A-Z]/g)?.length ?? 0
  if (capitals < 2 || /[a-z]/.test(subject)) return null
  const others = /[^\P{L}\p{Script=Latin}]/u.test(subject)
  if (!others && isAcronym(subject)) return null
  return {
    what: others
      ? 'the only Latin letters of the subject are capitals'
      : 'the subject is all capitals',
    why: others
      ? 'spam filters count that as shouting: 0.5 to 2 points'
      : 'it reads as shouting, and spam filters count it: 0.5 to 2 points',
    fix: others
      ? 'write one Latin word with small letters in it, if you can'
      : 'write it in small letters',
  }
}

/** `NASA`, `USA 12`: a name, which no filter minds either, since it looks at subjects of several words. */
function isAcronym(subject: string): boolean {
  return /^[^A-Za-z]*[A-Z]{2,6}[^A-Za-z]*$/.test(subject) && !subject.includes('!')
}

const REPLY =
  /^\s*(?:re|fwd?|fw|aw|wg|sv|vs|tr|rv|res|enc|antw|odp|回复|回覆|答复|转发|轉寄|轉發|返信|転送|회신|전달|отв|пересл)\s*(?:\[\d+\])?\s*[:：]/iu
const ALARM =
  /^\s*(?:\(\d+\)|\[\d+\]|urgent\b|action required|important notice|final notice|last warning|your (?:account|invoice|payment|order|parcel|password)\b|紧急|緊急|重要通知|账户异常|您的(?:账户|订单|包裹|密码)|至急|【重要】|dringend\b|ihr (?:konto|paket)|ihre (?:rechnung|zahlung)|votre (?:compte|facture|colis)|su (?:cuenta|factura|paquete)|urgente\b|срочно)/iu
const EXTERNAL = /\[(?:external|extern|外部)\]/iu

function deception(subject: string): Words | null {
  const reply = REPLY.exec(subject)?.[0].trim()
  if (reply) {
    return {
      what: `the subject begins with "${reply}", and this is no answer`,
      why: 'Google’s and Yahoo’s sender rules forbid subjects that pretend to be part of a conversation',
      fix: 'take it out',
    }
  }
  const alarm = ALARM.exec(subject)?.[0].trim() ?? EXTERNAL.exec(subject)?.[0]
  if (alarm) {
    return {
      what: `the subject sounds like a notice from a service: "${shorten(alarm, 30)}"`,
      why: 'Google’s and Yahoo’s sender rules forbid subjects that deceive, and filters know these words',
      fix: 'say what the issue is about',
    }
  }
  return null
}
