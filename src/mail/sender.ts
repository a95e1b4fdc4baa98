import type { TransportConfig } from '../config.ts'
import { createSesSender } from './ses.ts'
import { createSmtpSender, type Sender } from './smtp.ts'

/** The way out that a configuration names. */
export function createSender(config: TransportConfig): Sender {
  return config.kind === 'ses' ? createSesSender(config) : createSmtpSender(config)
}
