import type { WebhookProvider, WebhooksConfig } from '../../config-intake.ts'
import {
  aliyunCertificateUrl,
  screenAliyun,
  verifyAliyun,
} from '../../feedback/parse/webhooks/aliyun.ts'
import { verifyMailgun } from '../../feedback/parse/webhooks/mailgun.ts'
import {
  UNPROVEN,
  verifySecret,
  type WebhookRequest,
  type WebhookVerdict,
} from '../../feedback/parse/webhooks/request.ts'
import { verifySendgrid } from '../../feedback/parse/webhooks/sendgrid.ts'
import { readEnvelope, screenEnvelope, verifyEnvelope } from '../../feedback/parse/webhooks/ses.ts'
import { verifyStandard } from '../../feedback/parse/webhooks/standard.ts'
import type { Certificates } from './certificates.ts'

/** `away`: what it takes to tell is not to be had; the provider may try again. */
export type Verdict = WebhookVerdict | Readonly<{ ok: false; why: 'away' }>

type Means = Readonly<{ webhooks: WebhooksConfig; certificates: Certificates; now: Date }>

/** Whether the provider posted this, to us and lately; each as safely as it allows. */
export async function verifyPost(
  provider: WebhookProvider,
  request: WebhookRequest,
  means: Means,
): Promise<Verdict> {
  const { webhooks, now } = means
  switch (provider) {
    case 'ses':
      return verifySes(request, means)
    case 'aliyun':
      return verifyEventBridge(request, means)
    case 'sendgrid':
      return verifySendgrid(request, webhooks.sendgrid, now)
    case 'mailgun':
      return verifyMailgun(request, webhooks.mailgun, now)
    case 'resend':
      return verifyStandard(request, webhooks.resend, now)
    case 'generic':
      return verifyStandard(request, webhooks.generic, now)
    case 'postmark':
    case 'brevo':
    case 'sparkpost':
    case 'mailjet':
    case 'tencent':
      return verifySecret(request, webhooks[provider])
  }
}

async function verifySes(request: WebhookRequest, means: Means): Promise<Verdict> {
  const envelope = readEnvelope(request.raw)
  if (envelope === null) return UNPROVEN
  const screened = screenEnvelope(envelope, means.webhooks.ses, means.now)
  if (!screened.ok) return screened
  const pem = await means.certificates.get(envelope.certificateUrl, means.now)
  if (pem === null) return { ok: false, why: 'away' }
  return verifyEnvelope(envelope, pem, means.now)
}

async function verifyEventBridge(request: WebhookRequest, means: Means): Promise<Verdict> {
  const screened = screenAliyun(request, means.now)
  if (!screened.ok) return screened
  const url = aliyunCertificateUrl(request)
  const pem = url === null ? null : await means.certificates.get(url, means.now)
  if (pem === null) return { ok: false, why: 'away' }
  return verifyAliyun(request, pem, means.webhooks.aliyun)
}
