import { resolve } from 'node:path'
import {
  type MailboxConfig,
  parseMailboxes,
  readWebhooks,
  type WebhooksConfig,
} from './config-intake.ts'
import { type PolicyConfig, readPolicy } from './config-policy.ts'
import {
  type ProviderLimits,
  parseProviderLimits,
  parseTransports,
  type TransportConfig,
  withAwsKeys,
} from './config-transport.ts'
import { PostriderError } from './errors.ts'

export type { TransportConfig } from './config-transport.ts'

/** An address to listen on. Port 0 asks for any free one. */
export type Listen = Readonly<{ host: string; port: number }>

/** Every message is signed by each key: one RSA and one Ed25519 key, or the old and the new one. */
export type DkimConfig = Readonly<{
  domain: string
  keys: readonly Readonly<{ selector: string; keyFile: string }>[]
}>

/** The domain of return paths, and where its mail comes in; with mailboxes alone it has no door. */
export type InboundConfig = Readonly<{
  domain: string
  listen: Listen | null
  lmtp: Listen | null
  /** For STARTTLS; null: not offered. */
  tls: Readonly<{ certFile: string; keyFile: string }> | null
}>

/** Everything that comes from outside, read once. */
export type Config = Readonly<{
  /** Where the embedded server, keys and state live; absolute. */
  home: string
  /** null: embedded Postgres under `home`. */
  databaseUrl: string | null
  /** null: BullMQ on Postgres. */
  redisUrl: string | null
  /** null: the built-in catcher; nobody is mailed. */
  transport: TransportConfig | null
  /** All of them; the first is `transport`. */
  transports: readonly TransportConfig[]
  /** An operator's own numbers for providers of mailboxes. */
  providerLimits: ProviderLimits
  /** Where readers reach us, without a slash at its end. null: a loopback address of the web process. */
  publicUrl: string | null
  /** Mail to us: bounces, mailto unsubscribes, replies. null: no VERP. */
  inbound: InboundConfig | null
  /** From each client that is not on this machine. */
  inboundMailsAMinute: number
  mailboxes: readonly MailboxConfig[]
  webhooks: WebhooksConfig
  web: Listen
  catcher: Readonly<{ smtp: Listen; web: Listen }>
  /** Sockets whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[]
  /** 5 to 15 characters; the last part of Feedback-ID. */
  senderId: string
  dkim: DkimConfig | null
  policy: PolicyConfig
  /** A campaign that is due, or without a worker, for longer than that asks instead of sending. */
  graceHours: number
  /** What servers defer is given up after so long. */
  retryHours: number
  /** Single mails (confirmations, notices) are kept for so long after their outcome. */
  outboxDays: number
  keysFile: string | null
  keys: string | null
  logLevel: string
}>

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent']

/**
 * Reads the environment. All wrong variables are named at once.
 * @throws PostriderError bad-configuration
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const wrong: string[] = []
  const read = <T>(name: string, parse: (value: string) => T, fallback: T): T => {
    const value = env[name]?.trim()
    if (!value) return fallback
    try {
      return parse(value)
    } catch (error) {
      wrong.push(`${name} ${(error as Error).message}`)
      return fallback
    }
  }
  const transports = withAwsKeys(read('SMTP_URL', parseTransports, []), env)
  const mailboxes = read('MAILBOX_URLS', parseMailboxes, [])
  const config: Config = {
    home: resolve(env.POSTRIDER_HOME?.trim() || '.postrider'),
    databaseUrl: read('DATABASE_URL', parseUrl('postgres:', 'postgresql:'), null),
    redisUrl: read('REDIS_URL', parseUrl('redis:', 'rediss:'), null),
    transport: transports[0] ?? null,
    transports,
    providerLimits: read('PROVIDER_LIMITS', parseProviderLimits, {}),
    publicUrl: read('PUBLIC_URL', parsePublicUrl, null),
    inbound: readInbound(env, read, wrong),
    inboundMailsAMinute: read('INBOUND_RATE', parseCount, 6_000),
    mailboxes,
    webhooks: readWebhooks(read),
    web: read('WEB_LISTEN', parseListen, { host: '127.0.0.1', port: 3000 }),
    catcher: {
      smtp: read('CATCHER_LISTEN', parseListen, { host: '127.0.0.1', port: 2525 }),
      web: read('CATCHER_WEB_LISTEN', parseListen, { host: '127.0.0.1', port: 3025 }),
    },
    trustedProxies: read('TRUSTED_PROXIES', (value) => value.split(/[\s,]+/).filter(Boolean), []),
    senderId: read('SENDER_ID', parseSenderId, 'postrider'),
    dkim: readDkim(env, wrong),
    policy: readPolicy(read, wrong),
    graceHours: read('GRACE_HOURS', parseHours, 6),
    retryHours: read('RETRY_HOURS', parseHours, 48),
    outboxDays: read('OUTBOX_DAYS', parseDays, 30),
    keysFile: env.POSTRIDER_KEYS_FILE?.trim() || null,
    keys: env.POSTRIDER_KEYS?.trim() || null,
    logLevel: read('LOG_LEVEL', parseOneOf(LEVELS), 'info'),
  }
  if (wrong.length > 0) {
    throw new PostriderError('bad-configuration', `wrong in the environment: ${wrong.join('; ')}`)
  }
  return Object.freeze(config)
}

/**
 * The embedded server is reached as we say and not as libpq's variables do (PGSSLMODE=require, PGOPTIONS): pg reads
 * them behind our back. With a DATABASE_URL they hold as everywhere.
 */
export function forgetLibpqVariables(env: Record<string, string | undefined> = process.env): void {
  for (const name of Object.keys(env)) if (/^PG[A-Z]+$/.test(name)) delete env[name]
}

type Read = <T>(name: string, parse: (value: string) => T, fallback: T) => T

function readInbound(
  env: Readonly<Record<string, string | undefined>>,
  read: Read,
  wrong: string[],
): InboundConfig | null {
  const domain = read('INBOUND_DOMAIN', parseDomain, null)
  const listen = read('INBOUND_LISTEN', parseListen, null)
  const lmtp = read('INBOUND_LMTP_LISTEN', parseListen, null)
  const [certFile, keyFile] = [env.INBOUND_TLS_CERT?.trim(), env.INBOUND_TLS_KEY?.trim()]
  if (!certFile !== !keyFile) {
    wrong.push('INBOUND_TLS_CERT and INBOUND_TLS_KEY: set both, or neither')
  }
  const hasDoor = listen !== null || lmtp !== null
  // A mailbox serves without a domain of return paths: reports are then known by the Message-ID they return.
  const mayBeNamed = hasDoor || Boolean(env.MAILBOX_URLS?.trim())
  if (domain === null ? hasDoor : !mayBeNamed) {
    wrong.push(
      'INBOUND_DOMAIN and INBOUND_LISTEN: set both, or neither (INBOUND_LMTP_LISTEN or MAILBOX_URLS serve as well)',
    )
  }
  if (domain === null) return null
  const tls =
    certFile && keyFile ? { certFile: resolve(certFile), keyFile: resolve(keyFile) } : null
  return { domain, listen, lmtp, tls }
}

function parseUrl(...protocols: string[]) {
  return (value: string): string => {
    const url = URL.canParse(value) ? new URL(value) : null
    if (!url || !protocols.includes(url.protocol)) {
      throw new Error(`is no ${protocols.map((name) => `${name}//`).join(' or ')} address`)
    }
    return value
  }
}

/** Paths are put behind it, so nothing may stand there yet. */
function parsePublicUrl(value: string): string {
  const { search, hash } = new URL(parseUrl('http:', 'https:')(value))
  if (search !== '' || hash !== '') throw new Error('has a query or a fragment: leave it out')
  return value.replace(/[/?#]+$/, '')
}

/** `127.0.0.1:3000`, `[::1]:3000` or a port alone. */
export function parseListen(value: string): Listen {
  const match = /^(?:(\[[0-9a-f:]+\]|[^:[\]]+):)?(\d{1,5})$/i.exec(value)
  const port = Number(match?.[2])
  if (!match || port > 65_535) throw new Error('is no host:port')
  return { host: match[1]?.replace(/^\[|\]$/g, '') ?? '127.0.0.1', port }
}

function parseCount(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new Error('is no whole number above 0')
  return Number(value)
}

function parseDomain(value: string): string {
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(value)) throw new Error('is no domain')
  return value.toLowerCase()
}

function parseSenderId(value: string): string {
  if (!/^[A-Za-z0-9-]{5,15}$/.test(value))
    throw new Error('is not 5 to 15 letters, digits or dashes')
  return value
}

function parseDays(value: string): number {
  const days = Number(value)
  if (days >= 1 && days <= 3650) return days
  throw new Error('is no number of days, 1 to 3650')
}

function parseHours(value: string): number {
  const hours = Number(value)
  if (hours > 0 && hours <= 24 * 30) return hours
  throw new Error('is no number of hours, above 0 and at most 720')
}

function parseOneOf(allowed: readonly string[]) {
  return (value: string): string => {
    if (!allowed.includes(value)) throw new Error(`is none of ${allowed.join(', ')}`)
    return value
  }
}

function readDkim(
  env: Readonly<Record<string, string | undefined>>,
  wrong: string[],
): DkimConfig | null {
  const parts = [env.DKIM_DOMAIN, env.DKIM_SELECTOR, env.DKIM_KEY_FILE].map(
    (part) => part?.trim() || null,
  )
  const [domain, selector, keyFile] = parts
  if (!domain || !selector || !keyFile) {
    if (parts.some((part) => part !== null)) {
      wrong.push('DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE: set all three, or none')
    }
    return null
  }
  const [selectors, files] = [selector, keyFile].map((list) => list.split(/\s*,\s*/)) as [
    string[],
    string[],
  ]
  if (selectors.length !== files.length) {
    wrong.push('DKIM_SELECTOR and DKIM_KEY_FILE: name as many selectors as key files, in one order')
    return null
  }
  const keys = selectors.map((each, i) => ({ selector: each, keyFile: resolve(files[i] ?? '') }))
  return { domain, keys }
}

/** A file of the package, from wherever this file runs (`src/` under tsx, `dist/src/` built). */
export function packagePath(path: string): string {
  const root = import.meta.dirname.replace(/[/\\]dist[/\\]src$|[/\\]src$/, '')
  return resolve(root, path)
}
