import type { WebhookProvider } from '../../../config-intake.ts'
import { parseAliyun } from './aliyun.ts'
import { parseBrevo } from './brevo.ts'
import type { ProviderEvent } from './event.ts'
import { parseGeneric } from './generic.ts'
import { parseMailgun } from './mailgun.ts'
import { parseMailjet } from './mailjet.ts'
import { parsePostmark } from './postmark.ts'
import { parseResend } from './resend.ts'
import { parseSendgrid } from './sendgrid.ts'
import { parseSes } from './ses.ts'
import { parseSparkpost } from './sparkpost.ts'
import { parseTencent } from './tencent.ts'

const PARSERS: { [P in WebhookProvider]: (raw: Buffer) => ProviderEvent[] } = {
  ses: parseSes,
  postmark: parsePostmark,
  sendgrid: parseSendgrid,
  mailgun: parseMailgun,
  resend: parseResend,
  brevo: parseBrevo,
  sparkpost: parseSparkpost,
  mailjet: parseMailjet,
  aliyun: parseAliyun,
  tencent: parseTencent,
  generic: parseGeneric,
}

export function isWebhookProvider(name: string): name is WebhookProvider {
  return Object.hasOwn(PARSERS, name)
}

/** A proven post → what it says; without what is not the end of a mail (opened, clicked, delayed …). null: unreadable. */
export function readPost(provider: WebhookProvider, raw: Buffer): ProviderEvent[] | null {
  try {
    return PARSERS[provider](raw).map(withoutNul)
  } catch {
    return null
  }
}

/** Postgres has no NUL in a text, and a server's answer may. */
function withoutNul(event: ProviderEvent): ProviderEvent {
  const fields = Object.entries(event).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value,
  ])
  return Object.fromEntries(fields) as ProviderEvent
}
