/** Lines that say: what follows is your mail. In many languages; dashes, asterisks and spaces around them do not count. */
const SEPARATORS =
  /^(?:below this line is a copy of the message|this is a copy of (?:the|your) message|(?:the )?headers? of the original message|here is your (?:returned )?message|original message (?:follows|header)|original message$|original message headers|returned message|returned mail follows|unsent message|undelivered message|included is a copy|your (?:original )?message (?:follows|reads|was)|message headers? follow|message header$|text of the message|start of (?:the )?(?:returned|original)|(?:the )?(?:original|unsent|returned|failed|undelivered|undeliverable) (?:e?-?mail )?(?:message|mail)(?: headers?| follows| text| content| below| is attached)?(?: follows?| below)?|message contents?(?: follows)?$|begin (?:message|original|forwarded)|(?:the )?first \d+ (?:lines|bytes|kb)|copy of (?:the |your )?(?:original |returned )?(?:message|mail)|forwarded message|oorspronkelijke (?:bericht|koppen)|ursprüngliche nachricht|originalnachricht|kopfzeilen der|header der ursprünglichen|en-têtes? (?:du message|de message|d'origine)|message d.origine|encabezados (?:del|de) mensaje|mensaje original|intestazioni (?:del|originali)|messaggio originale|cabeçalhos (?:da|de) mensagem|mensagem original|ursprungligt meddelande|oprindelig(?:e)? (?:besked|meddelelse)|opprinnelig melding|alkuperäinen viesti|oryginalna wiadomość|původní zpráva|eredeti üzenet|исходное (?:сообщение|письмо)|оригинал письма|заголовки исходного|orijinal ileti|αρχικό μήνυμα|原邮件(?!信息)|原始邮件|邮件头|原始郵件|原信件|元のメッセージ|オリジナルメッセージ|original message header|원본 메시지)/i

/** A returned mail has these; a summary of it in a notice has From, To and Subject alone. */
const TELLING =
  /^>?[ \t]?(?:received|return-path|message-id|mime-version|content-type|x-mailer|dkim-signature|delivered-to):/i

/** What is said, and what of the failed mail stands under it; `returned` null: nothing. */
export function splitNotice(text: string): { notice: string; returned: string | null } {
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const start = isSeparator(line) ? nextText(lines, at + 1) : at
    if (start < lines.length && isHeaderAt(lines, start)) {
      return cut(lines, at, start)
    }
    // Under such a line may stand a copy that lost its header.
    if (start !== at && /^[ \t]*[-*_=>]{2,}/.test(line) && at > 2) return cut(lines, at, start)
  }
  return { notice: text, returned: null }
}

function cut(lines: string[], at: number, start: number) {
  return { notice: lines.slice(0, at).join('\n'), returned: unquote(lines.slice(start)).join('\n') }
}

const isSeparator = (line: string) =>
  line.length < 120 && SEPARATORS.test(line.replace(/^[\s\-*_=>#|+:.[(<]+/, ''))

function nextText(lines: string[], from: number): number {
  let at = from
  while (at < lines.length && at < from + 6 && (lines[at] ?? '').trim() === '') at++
  return at
}

/** Three or more header lines in a row with one of the telling ones among them. */
function isHeaderAt(lines: string[], start: number): boolean {
  if (!/^>?[ \t]{0,2}[A-Za-z][A-Za-z-]{1,40}:/.test(lines[start] ?? '')) return false
  const window = lines.slice(start, start + 60)
  const end = window.findIndex((line) => !FIELD.test(line) && !/^>?[ \t]+\S/.test(line))
  const fields = window.slice(0, end < 0 ? window.length : end).filter((line) => FIELD.test(line))
  return fields.length >= 3 && fields.some((line) => TELLING.test(line))
}

const FIELD = /^>?[ \t]{0,2}[A-Za-z][A-Za-z0-9-]{1,60}:(?:\s|$|[^/\s])/

const unquote = (lines: string[]) =>
  /^>/.test(lines[0] ?? '') ? lines.map((line) => line.replace(/^>[ ]?/, '')) : lines
