import type { Socket } from 'node:net'
import type { NodemailerError } from 'nodemailer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import XOAuth2 from 'nodemailer/lib/xoauth2'
import type { TransportConfig } from '../config.ts'
import { type Reply, readReply, replyOfNobody } from './reply.ts'
import { faultOf } from './smtp-result.ts'

/** What a server says that it can do (RFC 5321, 4.1.1.1). */
export type Extensions = Readonly<{
  pipelining: boolean
  /** RFC 3030 */
  chunking: boolean
  eightBitMime: boolean
  smtpUtf8: boolean
  /** null: SIZE is not offered; 0: no limit is named. */
  size: number | null
}>

export type Connected =
  | Readonly<{ ok: true; socket: Socket; extensions: Extensions }>
  | Readonly<{ ok: false; fault: 'refused' | 'unavailable'; reply: Reply }>

export type ConnectSettings = Readonly<{ connectionTimeoutMs: number; localName?: string }>

/** What to log in with; null: not at all. One for all connections, which so share a token of OAuth. */
export type Login = SMTPConnection.AuthenticationType | null

export function loginOf({ user, password, mechanism, oauth }: TransportConfig): Login {
  if (user === null) return null
  if (oauth) {
    const { tokenUrl: accessUrl, clientId, clientSecret } = oauth
    const refreshToken = password ?? ''
    return { oauth2: new XOAuth2({ user, clientId, clientSecret, refreshToken, accessUrl }) }
  }
  return { user, pass: password ?? '', ...(mechanism ? { method: mechanism.toUpperCase() } : {}) }
}

/**
 * nodemailer connects, greets, starts TLS (what was buffered before it is dropped) and logs in; then the socket is ours:
 * it cannot put the end of one message and the envelope of the next into one write.
 */
export function openConnection(
  config: TransportConfig,
  settings: ConnectSettings,
  login: Login,
  signal: AbortSignal,
): Promise<Connected> {
  const connection = new SMTPConnection(optionsOf(config, settings))
  return new Promise((resolve) => {
    const fail = (error: NodemailerError) => {
      clearTimeout(timer)
      // First: closing it says that it ended.
      resolve(failed(error))
      connection.close()
    }
    const giveUp = () => fail(Object.assign(new Error('no reply in time'), { code: 'ETIMEDOUT' }))
    // The library's own timers end with STARTTLS.
    const timer = setTimeout(giveUp, 2 * settings.connectionTimeoutMs)
    signal.addEventListener('abort', giveUp, { once: true })
    // Stays on: what it says of a socket that is ours by then is no news.
    connection.on('error', fail)
    connection.once('end', () => fail(new Error('the server closed the connection')))
    connection.connect((error) => {
      if (error) return fail(error)
      const ehlo = String(connection.lastServerResponse || '')
      const done = (loginError: NodemailerError | null) => {
        if (loginError) return fail(loginError)
        clearTimeout(timer)
        signal.removeEventListener('abort', giveUp)
        const socket = takeSocket(connection)
        if (socket === null) fail(new Error('the server closed the connection'))
        else resolve({ ok: true, socket, extensions: readExtensions(ehlo) })
      }
      if (login === null) done(null)
      // A copy: it notes on it what it found.
      else connection.login({ ...login }, done)
    })
  })
}

function optionsOf(config: TransportConfig, { connectionTimeoutMs, localName }: ConnectSettings) {
  const loopback = isLoopback(config.host)
  return {
    host: config.host,
    port: config.port,
    secure: config.implicitTls,
    // A password goes over a plain connection to this machine only.
    requireTLS: config.user !== null && !config.implicitTls && !loopback,
    // A relay on this machine has the certificate that its package made for itself.
    tls: { rejectUnauthorized: !loopback },
    connectionTimeout: connectionTimeoutMs,
    greetingTimeout: connectionTimeoutMs,
    dnsTimeout: connectionTimeoutMs,
    socketCloseTimeout: 0,
    maxResponseSize: 64 * 1024,
    ...(localName === undefined ? {} : { name: localName }),
  }
}

/** `_socket` is marked public in the library's types, its name notwithstanding. */
function takeSocket(connection: SMTPConnection): Socket | null {
  const socket = connection._socket
  if (!socket || socket.destroyed) return null
  socket.removeAllListeners('data').removeAllListeners('timeout').setTimeout(0)
  return socket
}

function readExtensions(ehlo: string): Extensions {
  const lines = ehlo
    .split(/\r?\n/)
    .slice(1)
    .map((line) =>
      line
        .replace(/^\d{3}[ -]/, '')
        .trim()
        .toUpperCase(),
    )
  const size = lines.map((line) => /^SIZE(?: +(\d+))?$/.exec(line)).find((match) => match !== null)
  return {
    pipelining: lines.includes('PIPELINING'),
    chunking: lines.includes('CHUNKING'),
    eightBitMime: lines.includes('8BITMIME'),
    smtpUtf8: lines.includes('SMTPUTF8'),
    size: size ? Number(size[1] ?? 0) : null,
  }
}

function failed(error: NodemailerError): Connected {
  const reply = error.response ? readReply(error.response) : replyOfNobody(error.message)
  // No login of ours that the library could try: no server will mend that.
  const isOurs = error.code === 'EAUTH' && error.command === 'API'
  return { ok: false, fault: isOurs ? 'refused' : faultOf(reply), reply }
}

/** Whether a host is this machine by its very name. */
function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(host)
}
