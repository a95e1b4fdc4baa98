import { field } from '../../mail/header-read.ts'
import { saysAutoReply } from './auto-reply.ts'
import { SAYS_FAILURE, saysMailFailed } from './failure-phrases.ts'
import type { Letter } from './letter.ts'

/** Mail systems by their usual addresses: nobody else has them. */
const DAEMON_ADDRESS =
  /^(?:["'])?(?:mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|post[-_.]?master|mailerdaemon|mail[-_.]?(?:delivery|error)|(?:delivery|system|mail)[-_.]?(?:subsystem|status|notification|failure)|microsoftexchange[0-9a-f]*|e?mailsweeper|imss|interscan|virus[-_.]?(?:wall|scanner)|ndr|dsn|auto-?generated)(?:[+@\\-]|$)/i
/** Addresses that a mail system may have, or a person, a shop, a newsletter. */
const PERHAPS_ADDRESS =
  /^(?:["'])?(?:mail[-_.]?(?:system|admin|server|gateway|relay)|(?:delivery|system|mail)[-_.]?agent|bounces?|listserv|majordomo|mailer|nobody|smtp|daemon)(?:[+@-]|$)/i
/** Of programs of all kinds: they must say it in their subject. */
const PROGRAM_ADDRESS = /^(?:root|fax(?:master)?|sms|listmaster)@/i
/** As a name it proves little: newsletters about mail, parcel services and postmasters write too. */
const DAEMON_NAME =
  /mail(?:er)?[ _-]?(?:delivery|daemon|administrator|transport|system|router|server|gateway|sweeper|marshal|foundry|service)|(?:delivery|mail|message) (?:sub)?system|system administrator|systemadministrator|post[ -]?master|internet mail|mta\b|content[- ]filter|delivery (?:notification|report|status|service|agent)|microsoft (?:outlook|exchange)|administrateur (?:syst|de)|administrador (?:del|de) sistema|amministratore|systembeheerder|systemadministratör|системный администратор|邮件系统|系统管理员|系統管理員|メール(?:配信|システム)|시스템 관리자|メーラー|postoffice|e-?mail (?:system|server)/i

/** Programs that run lists refuse in their own name. */
const LIST_SERVER = /^x-(?:mlserver|ml-server|listserver|list-server)$/

/** A reply as servers write it, in a notice: `550 5.1.1 …`, `(#5.1.1)`, `<<< 550`. */
export const SMTP_REPLY =
  /(?:^|[\s(:;'"\]])(?:<<< )?(?:4(?:21|5[0-9]|71|22|31|32|3\d|4\d)|5(?:0[0-5]|1[0-7]|2[1-4]|3[0-9]|41|44|5[0-9]|6[0-9]|7[0-9]))(?::?[ -]#?[45]\.\d{1,3}\.\d{1,3}|[ -](?=[^\d\s]))|#[45]\.\d{1,3}\.\d{1,3}/m

export type Evidence = Readonly<{
  /** Who speaks: a mail system, by its address or an empty return path; what calls itself one; anybody. */
  speaker: 'system' | 'perhaps' | 'anybody'
  /** A person or a list speaks, whatever it calls itself: what it quotes of a failure is a quotation. */
  isPersonal: boolean
  /** Nobody is to answer: an empty return path. */
  isNullPath: boolean
  subjectSays: boolean
  noticeSays: boolean
  hasReply: boolean
}>

/** Where a notice opens: what is said further down may be anybody's words. */
const OPENING = 2_500

export function weigh(letter: Letter): Evidence {
  const { fields, fromAddress, from, returnPath, notice } = letter
  const isNullPath = returnPath === '' || /mailer-daemon/i.test(returnPath ?? '')
  const isSystem =
    fields.some(([name]) => LIST_SERVER.test(name)) ||
    DAEMON_ADDRESS.test(fromAddress) ||
    DAEMON_ADDRESS.test(/<([^<>]+)>[^<>]*$/.exec(from)?.[1] ?? '') ||
    fields.some(([name, value]) => name === 'from' && /^(?:mailer-daemon ?)?<?\s*>?$/i.test(value))
  const isPerhaps = PERHAPS_ADDRESS.test(fromAddress) || DAEMON_NAME.test(from)
  return {
    speaker: isSystem || (isPerhaps && isNullPath) ? 'system' : isPerhaps ? 'perhaps' : 'anybody',
    // Nobody but a machine writes from an empty path (RFC 5321 4.5.5).
    isPersonal: !isNullPath && isPersonal(letter, isSystem),
    isNullPath,
    subjectSays: SAYS_FAILURE.test(letter.subject),
    noticeSays: SAYS_FAILURE.test(notice.slice(0, OPENING)),
    hasReply: SMTP_REPLY.test(notice),
  }
}

/** Enough to call it a bounce without a machine's own report in it. */
export function looksLikeBounce(
  letter: Letter,
  evidence: Evidence,
  namesSomebody: boolean,
): boolean {
  const { speaker, isNullPath, subjectSays, noticeSays, hasReply } = evidence
  if (evidence.isPersonal || isNewsletter(letter, evidence)) return false
  const words = Number(subjectSays) + Number(noticeSays)
  const traces = Number(letter.returnsMail) + Number(hasReply)
  if (words === 0) return false
  // "Delivery Status Notification (Success)", without the report that would say so.
  if (SUCCESS.test(letter.subject) && !hasReply) return false
  if (!tellsOfMail(letter, evidence)) return false
  if (speaker === 'system') return isNullPath || words + traces + Number(namesSomebody) >= 2
  if (
    saysAutoReply(letter) ||
    PERSONAL.test(letter.subject) ||
    field(letter.fields, 'user-agent') !== ''
  )
    return false
  if (isNullPath) return words + traces >= 2
  const opens = OPENS.test(letter.subject)
  if (PROGRAM_ADDRESS.test(letter.fromAddress)) return words === 2 && namesSomebody && opens
  // With somebody to answer to, it must be like a notice in everything: with what failed in it.
  return words === 2 && letter.returnsMail && (hasReply || opens) && beginsAsNotice(letter)
}

/** Lists and their readers' postmasters write under any name; no mail system has subscribers (RFC 2369, RFC 2919). */
const isNewsletter = (letter: Letter, evidence: Evidence) =>
  letter.fields.some(([name]) => name === 'list-id' || name === 'list-unsubscribe') &&
  !isPassedOn(letter, evidence)

/** What a list has passed on of a mail system's: the mail that failed is in it, or it came to the list's own bounces. */
const isPassedOn = (letter: Letter, { speaker }: Evidence) =>
  speaker === 'system' && (letter.returnsMail || isToListItself(letter))

function isToListItself({ fields }: Letter): boolean {
  const domain = /-(?:admin|owner|bounces|errors)@([\w.-]+)/i.exec(field(fields, 'to'))?.[1]
  return domain !== undefined && field(fields, 'list-id').includes(domain)
}

/** Machines count what failed, day by day: of no mail in particular. */
const TALLY =
  /\b(?:digest|summary|statistics|daily|weekly|monthly|hourly|quarantin\w*|logwatch)\b|(?<!(?:delivery|failure|status|bounce) )\breport\b|(?:tages|wochen|monats)bericht|quarantäne|zusammenfassung|récapitulatif|quotidien|hebdomadaire|resumen|diario|cuarentena|riepilogo|giornalier|quarantena|resumo|diário|quarentena|overzicht|dagelijks|sammanfattning|dagliga|podsumowanie|dzienny|kwarantann|přehled|denní|összesítő|karantén|сводка|ежедневн|карантин|özet|günlük|摘要|日报|日報|每日|隔离|隔離|統計|サマリ|日次|요약|격리|일일/iu

/** Without anything of ours in it: does it speak of mail, or of a parcel, a payment, a day's figures? */
function tellsOfMail(letter: Letter, { speaker, subjectSays }: Evidence): boolean {
  if (letter.returnsMail) return true
  if (speaker === 'system') return subjectSays || !TALLY.test(letter.subject)
  return saysMailFailed(letter.notice.slice(0, OPENING))
}

/** Its first words say that mail failed: nobody speaks before that. */
function beginsAsNotice({ notice }: Letter): boolean {
  const first = notice
    .trimStart()
    .split(/\n[ \t]*\n/)
    .slice(0, 2)
    .join('\n')
  return SAYS_FAILURE.test(first.slice(0, OPENING))
}

/** A letter opens with a greeting on a line of its own, asks, thanks, is signed. */
const GREETING =
  /^\s*(?:hi|hello|hey|dear|hallo|liebe[rs]?|sehr geehrte\S*|guten (?:tag|morgen)|bonjour|cher|chère|hola|estimad[oa]s?|ciao|gentile|olá|prezad[oa]|beste|hej|kära|witam|здравствуйте|привет|亲爱的)[^\n.:<@]{0,40}[,，!！]?[ \t]*\n/iu
const PERSONS_WORDS =
  /^[ \t]*(?:many |best |kind |warm )?(?:thanks|thank you|cheers|regards|best wishes|yours|sincerely|viele grüße|mit freundlichen grüßen|cordialement|saludos|saluti|atenciosamente|groeten|hälsningar)[ \t]*[,.!]?[ \t]*(?:\n|$)|\b(?:do you know|can you|could you (?:please )?(?:look|check|help|tell)|told me|look what i)\b|\bwhy\?/imu

function isPersonal(letter: Letter, isSystem: boolean): boolean {
  const { fields, notice, returnPath: path } = letter
  const opening = notice.slice(0, OPENING)
  const isSigned = GREETING.test(opening) || PERSONS_WORDS.test(opening)
  // A postmaster is a person, too, whose own mail says whom to answer.
  if (isSystem)
    return !letter.returnsMail && ((isSigned && path === letter.fromAddress) || isBulk(letter))
  const has = (pattern: RegExp) => fields.some(([name]) => pattern.test(name))
  const isList =
    has(/^list-(?:id|unsubscribe|post|help)$/) ||
    /\b(?:bulk|list)\b/i.test(field(fields, 'precedence'))
  // A machine's notice has nobody to answer to (RFC 5321 4.5.5): an address of its own there is a sender's.
  if (path && !DAEMON_ADDRESS.test(path) && (isList || path === letter.fromAddress)) return true
  return isSigned || (isList && has(/^list-(?:id|unsubscribe)$/))
}

/** Sent out in numbers, by somebody who takes what of it comes back. */
const isBulk = ({ fields, returnPath }: Letter) =>
  /\b(?:bulk|list)\b/i.test(field(fields, 'precedence')) &&
  Boolean(returnPath) &&
  !DAEMON_ADDRESS.test(returnPath ?? '') &&
  !field(fields, 'list-id')

const SUCCESS = /\bsuccess(?:ful|fully)?\b|\(relay(?:ed)?\)|\(expanded\)/i
const PERSONAL = /^\s*(?:re|aw|sv|antw|回复|答复|fwd?|fw)\s*[:：[]/i
const OPENS = new RegExp(`^.{0,24}?(?:${SAYS_FAILURE.source})`, 'iu')
