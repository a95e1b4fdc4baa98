import type { EventProvider } from '../config-transport.ts'
import type { Headers } from '../mail/mime.ts'

/**
 * What each of these hands back with its events, where others hand back the Message-ID itself. They take it off the mail.
 * @param token of our Message-ID, which is what its webhook is tied by
 */
export function eventHeaderOf(provider: EventProvider | null, token: string): Headers {
  switch (provider) {
    case null:
      return []
    case 'postmark':
      return [['X-PM-Metadata-postrider', token]]
    case 'mailjet':
      return [['X-MJ-CustomID', token]]
    case 'sparkpost':
      return [['X-MSYS-API', JSON.stringify({ metadata: { postrider: token } })]]
    case 'tencent':
      return [['X-Tencentcloudses-Cb-Custom', token]]
  }
}
