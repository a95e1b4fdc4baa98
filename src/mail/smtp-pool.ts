import { createTransport } from 'nodemailer'
import type { TransportConfig } from '../config.ts'
import type { Envelope } from './envelope.ts'
import type { Handover } from './handover.ts'

export type PoolSettings = Readonly<{
  maxMessages: number
  silenceTimeoutMs: number
  connectionTimeoutMs: number
  localName?: string
}>

export type SmtpPool = ReturnType<typeof createPool>

/** nodemailer's pool, its `stream` step replaced: what it sends is read from a message's `Handover`. */
export function createPool(config: TransportConfig, settings: PoolSettings) {
  const loopback = isLoopback(config.host)
  const pool = createTransport({
    pool: true,
    host: config.host,
    port: config.port,
    secure: config.implicitTls,
    // A password goes over a plain connection to this machine only.
    requireTLS: config.user !== null && !config.implicitTls && !loopback,
    // A relay on this machine has the certificate that its package made for itself.
    tls: { rejectUnauthorized: !loopback },
    ...(config.user === null ? {} : { auth: { user: config.user, pass: config.password ?? '' } }),
    ...(settings.localName === undefined ? {} : { name: settings.localName }),
    maxConnections: config.connections,
    maxMessages: settings.maxMessages,
    maxRequeues: 0,
    connectionTimeout: settings.connectionTimeoutMs,
    greetingTimeout: settings.connectionTimeoutMs,
    dnsTimeout: settings.connectionTimeoutMs,
    socketTimeout: settings.silenceTimeoutMs,
  })
  pool.use('stream', (mail, done) => {
    const { envelope, handover } = mail.data as unknown as {
      envelope: Envelope
      handover: Handover
    }
    // The envelope as it is, not as the library would write it; and bytes that we see being read.
    mail.message.getEnvelope = () => ({ from: envelope.from, to: handover.recipients() })
    mail.message.messageId = () => ''
    mail.message.createReadStream = () => handover.open()
    done()
  })
  return pool
}

/** Whether a host is this machine by its very name. */
function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(host)
}
