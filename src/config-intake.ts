import { resolve } from 'node:path'

/**
 * A mailbox to look through, as `MAILBOX_URLS` names it: `imaps://user:password@host/INBOX?then=move:Postrider`,
 * `imap://…` (STARTTLS), `pop3s://…` or `pop3://…` (STLS).
 */
export type MailboxConfig = Readonly<{
  /** Under which its progress and its reports are kept; never the login. */
  name: string
  protocol: 'imap' | 'pop3'
  host: string
  port: number
  implicitTls: boolean
  user: string
  login: Readonly<{ password: string } | { tokenFile: string }>
  folder: string
  /** What becomes of a mail that was taken; null: deleted. */
  moveTo: string | null
  /** A certificate to trust beside the system's. */
  caFile: string | null
}>

/** Who may post events, and what they must know or sign with. A provider that is not named is answered 404. */
export type WebhooksConfig = Readonly<{
  /** ARNs of topics. */
  ses: readonly string[]
  /** Public keys, SPKI in base64. */
  sendgrid: readonly string[]
  /** HTTP webhook signing keys. */
  mailgun: readonly string[]
  /** `whsec_…` */
  resend: readonly string[]
  /** `whsec_…` */
  generic: readonly string[]
  /** Account ids. */
  aliyun: readonly string[]
  /** For those that sign nothing: what they were told, at least 128 bits. */
  postmark: readonly string[]
  brevo: readonly string[]
  sparkpost: readonly string[]
  mailjet: readonly string[]
  tencent: readonly string[]
}>

export type WebhookProvider = keyof WebhooksConfig

const PORTS: Readonly<Record<string, number>> = { imaps: 993, imap: 143, pop3s: 995, pop3: 110 }

/** @throws Error with what is wrong, never with the login */
export function parseMailboxes(value: string): MailboxConfig[] {
  const mailboxes = value.split(/\s+/).filter(Boolean).map(parseMailbox)
  const names = mailboxes.map((mailbox) => mailbox.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`names "${twice}" twice: give each its own ?name=`)
  return mailboxes
}

function parseMailbox(text: string, index: number): MailboxConfig {
  const place = `entry ${index + 1}`
  const url = URL.canParse(text) ? new URL(text) : null
  const scheme = url?.protocol.replace(/:$/, '') ?? ''
  const defaultPort = PORTS[scheme]
  if (url === null || defaultPort === undefined) {
    throw new Error(`${place} is no imaps://, imap://, pop3s:// or pop3:// address`)
  }
  if (url.hostname === '' || url.username === '') throw new Error(`${place} lacks a host or a user`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const user = decodeURIComponent(url.username)
  const protocol = scheme.startsWith('imap') ? 'imap' : 'pop3'
  const folder = decodeURIComponent(url.pathname.replace(/^\/+/, '')) || 'INBOX'
  const moveTo = moveToOf(url.searchParams.get('then'), place, protocol)
  if (protocol === 'imap' && moveTo !== null && isSameFolder(folder, moveTo)) {
    throw new Error(`${place} moves mail to the folder that it comes from: say then=move:ANOTHER`)
  }
  return {
    name: url.searchParams.get('name') ?? `${user}@${host}`,
    ...{ protocol, host, user },
    port: Number(url.port) || defaultPort,
    implicitTls: scheme.endsWith('s'),
    login: loginOf(url, place, protocol),
    ...{ folder, moveTo },
    caFile: pathOf(url.searchParams.get('ca')),
  }
}

function loginOf(url: URL, place: string, protocol: string): MailboxConfig['login'] {
  const tokenFile = pathOf(url.searchParams.get('token-file'))
  if (tokenFile !== null) {
    if (protocol === 'pop3') throw new Error(`${place}: token-file is for IMAP only`)
    return { tokenFile }
  }
  if (url.password === '') throw new Error(`${place} lacks a password or a token-file`)
  return { password: decodeURIComponent(url.password) }
}

/** RFC 9051 5.1: INBOX in whatever case. */
function isSameFolder(a: string, b: string): boolean {
  return a === b || [a, b].every((name) => name.toUpperCase() === 'INBOX')
}

const MOVED_TO = 'Postrider'

function moveToOf(then: string | null, place: string, protocol: string): string | null {
  if (then === 'delete' || (then === null && protocol === 'pop3')) return null
  const folder = then === null ? MOVED_TO : /^move:(.+)$/.exec(then)?.[1]
  if (folder === undefined || protocol === 'pop3') {
    throw new Error(
      `${place}: then=${then} is ${protocol === 'pop3' ? 'no' : 'neither move:FOLDER nor'} delete`,
    )
  }
  return folder
}

const pathOf = (path: string | null) => (path ? resolve(path) : null)

type Read = <T>(name: string, parse: (value: string) => T, fallback: T) => T

/** Several of a kind, separated by commas or spaces: while one is replaced by the next, both count. */
export function readWebhooks(read: Read): WebhooksConfig {
  const each = (name: string, check: (one: string) => void) =>
    read<readonly string[]>(
      `WEBHOOK_${name}`,
      (value) => {
        const all = value.split(/[\s,]+/).filter(Boolean)
        all.forEach(check)
        return all
      },
      [],
    )
  return {
    ses: each('SES_TOPICS', checkTopic),
    sendgrid: each('SENDGRID_KEY', checkPublicKey),
    mailgun: each('MAILGUN_KEY', checkSigningKey),
    resend: each('RESEND_SECRET', checkSigningSecret),
    generic: each('GENERIC_SECRET', checkSigningSecret),
    aliyun: each('ALIYUN_ACCOUNT', checkAccount),
    postmark: each('POSTMARK_SECRET', checkSecret),
    brevo: each('BREVO_SECRET', checkSecret),
    sparkpost: each('SPARKPOST_SECRET', checkSecret),
    mailjet: each('MAILJET_SECRET', checkSecret),
    tencent: each('TENCENT_SECRET', checkSecret),
  }
}

function checkTopic(value: string): void {
  if (!/^arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]+$/.test(value)) {
    throw new Error('holds what is no ARN of an SNS topic')
  }
}

/** The letters of a P-256 key in SPKI: 91 octets. */
function checkPublicKey(value: string): void {
  if (Buffer.from(value, 'base64').length !== 91) throw new Error('holds what is no P-256 key')
}

/** 32 hex digits, after `key-` in older accounts. */
const LEAST_SIGNING_KEY = 32

function checkSigningKey(value: string): void {
  if (value.length < LEAST_SIGNING_KEY) {
    throw new Error(
      `holds what is no HTTP webhook signing key: those have ${LEAST_SIGNING_KEY} characters`,
    )
  }
}

function checkSigningSecret(value: string): void {
  const octets = Buffer.from(value.replace(/^whsec_/, ''), 'base64').length
  if (!value.startsWith('whsec_') || octets < 16) {
    throw new Error('holds what is no whsec_ secret of 16 octets or more')
  }
}

function checkAccount(value: string): void {
  if (!/^\d{6,20}$/.test(value)) throw new Error('holds what is no account id')
}

const LEAST_BITS = 128

/** Of letters that stand in a path; as many bits as random ones of its alphabet have. */
function checkSecret(value: string): void {
  if (!/^[A-Za-z0-9_-]+$/.test(value)) {
    throw new Error('may hold letters, digits, - and _ only')
  }
  const alphabet = /^\d+$/.test(value)
    ? 10
    : /^[0-9a-f]+$/i.test(value)
      ? 16
      : /^([0-9a-z]+|[0-9A-Z]+)$/.test(value)
        ? 36
        : 62
  const isVaried = new Set(value).size >= 8
  if (value.length * Math.log2(alphabet) < LEAST_BITS || !isVaried) {
    throw new Error('is under 128 bits: `openssl rand -hex 16` makes one')
  }
}
