/**
 * A way out as the configuration names it: `smtp://user:pass@host:587`, `smtps://…`, `ses://eu-west-1` or
 * `catcher://host:port`, with `?rate=` (messages a second, for the whole fleet), `?connections=` (per worker process, default 5) and `?name=`.
 */
export type TransportConfig = Readonly<{
  name: string
  kind: 'smtp' | 'ses' | 'catcher'
  host: string
  port: number
  /** TLS from the first byte (smtps). STARTTLS is used wherever it is offered. */
  implicitTls: boolean
  user: string | null
  password: string | null
  ratePerSecond: number | null
  connections: number
  /** Messages go to a far relay by BDAT where it offers CHUNKING; default true. */
  chunking?: boolean
  /** SASL's mechanism (`?auth=login`); null: the first that the server offers of PLAIN, LOGIN and CRAM-MD5. */
  mechanism?: AuthMechanism | null
  /** XOAUTH2 (`?auth=xoauth2`): the password is the refresh token. */
  oauth?: OAuthConfig | null
  /** Where `kind` is `ses`; `user` and `password` are the access key then, null: found by Amazon's library. */
  ses?: SesConfig
  /** Default: none. */
  limits?: TransportLimits
  /** Whose events are to name the delivery (`?events=postmark`); default null: by the Message-ID, or by the address. */
  events?: EventProvider | null
}>

/** Providers that hand back a header of their own, and not our Message-ID. */
const EVENT_PROVIDERS = ['postmark', 'mailjet', 'sparkpost', 'tencent'] as const
export type EventProvider = (typeof EVENT_PROVIDERS)[number]

const MECHANISMS = ['plain', 'login', 'cram-md5', 'xoauth2'] as const
export type AuthMechanism = (typeof MECHANISMS)[number]

/** Where a refresh token is turned into one for an hour. */
export type OAuthConfig = Readonly<{ tokenUrl: string; clientId: string; clientSecret: string }>

export type SesConfig = Readonly<{
  region: string
  configurationSet: string | null
  /** Another place that speaks its API; null: Amazon's. */
  endpoint: string | null
  sessionToken: string | null
}>

/** How much a transport takes, beside its rate. */
export type TransportLimits = Readonly<{
  /** Messages within any such time, for the whole fleet; null: no limit. */
  perMinute: number | null
  perHour: number | null
  perDay: number | null
  /** Messages to each provider on the first day, growing from then on; null: no warm-up. */
  warmUpFrom: number | null
  /** Its share of a campaign that goes several ways. */
  weight: number
  /** Its relay knows a message that it is handed twice by this header's value, for so long. */
  idempotency: Readonly<{ header: string; seconds: number }> | null
  /** It hands over straight to the providers: their starting limits hold. A relay with a queue of its own needs none. */
  direct: boolean
}>

export const NO_LIMITS: TransportLimits = {
  ...{ perMinute: null, perHour: null, perDay: null, warmUpFrom: null },
  ...{ weight: 1, idempotency: null, direct: false },
}

/** An operator's own numbers for a provider. */
export type ProviderLimit = Readonly<{ inFlight?: number; perSecond?: number }>
/** By the provider's name, or its domain. */
export type ProviderLimits = Readonly<Record<string, ProviderLimit>>

/** One way out or several, blanks between them; the first is the one that single mails go by. */
export function parseTransports(value: string): TransportConfig[] {
  const transports = value.split(/\s+/).map(parseTransport)
  const names = transports.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new Error(`has two transports named ${twice}: give them names with ?name=`)
  }
  if (transports.length > 1 && transports.some(({ kind }) => kind === 'catcher')) {
    throw new Error('has a catcher beside another transport: part of the readers would get nothing')
  }
  return transports
}

function parseTransport(value: string): TransportConfig {
  const url = URL.canParse(value) ? new URL(value) : null
  const kind = url === null ? undefined : KINDS[url.protocol]
  if (url === null || kind === undefined) {
    throw new Error('is no smtp:// or smtps:// or ses:// or catcher:// address')
  }
  const implicitTls = url.protocol === 'smtps:'
  return {
    name: url.searchParams.get('name') ?? kind,
    kind,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (implicitTls ? 465 : kind === 'catcher' ? 2525 : 587),
    implicitTls,
    user: url.username ? decodeURIComponent(url.username) : null,
    password: url.password ? decodeURIComponent(url.password) : null,
    ratePerSecond: positive(url, 'rate', null),
    connections: whole(url, 'connections', 5),
    ...(readFlag(url, 'chunking', true) ? {} : { chunking: false }),
    ...readLogin(url),
    ...(kind === 'ses' ? { ses: readSes(url) } : {}),
    limits: readLimits(url),
    ...readEvents(url),
  }
}

function readEvents(url: URL): Pick<TransportConfig, 'events'> {
  const text = url.searchParams.get('events')
  if (text === null) return {}
  const events = EVENT_PROVIDERS.find((each) => each === text.toLowerCase())
  if (events === undefined)
    throw new Error(`events=${text} is none of ${EVENT_PROVIDERS.join(', ')}`)
  return { events }
}

const KINDS: Readonly<Record<string, TransportConfig['kind']>> = {
  ...{ 'smtp:': 'smtp', 'smtps:': 'smtp', 'ses:': 'ses', 'catcher:': 'catcher' },
}

function readLogin(url: URL): Pick<TransportConfig, 'mechanism' | 'oauth'> {
  const text = url.searchParams.get('auth')
  if (text === null) return {}
  const mechanism = MECHANISMS.find((each) => each === text.toLowerCase())
  if (mechanism === undefined) throw new Error(`auth=${text} is none of ${MECHANISMS.join(', ')}`)
  if (!url.username || !url.password) throw new Error(`auth=${text} has no user and password`)
  if (mechanism !== 'xoauth2') return { mechanism }
  const [tokenUrl, clientId, clientSecret] = ['token_url', 'client_id', 'client_secret'].map(
    (name) => url.searchParams.get(name) ?? '',
  ) as [string, string, string]
  if (!URL.canParse(tokenUrl) || clientId === '' || clientSecret === '') {
    throw new Error('auth=xoauth2 needs token_url, client_id and client_secret')
  }
  return { mechanism, oauth: { tokenUrl, clientId, clientSecret } }
}

/** The keys come from Amazon's own variables: one that stands in an address is soon in a log. */
function readSes(url: URL): SesConfig {
  const region = url.hostname
  if (!/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region)) throw new Error(`names no region: ses://${region}`)
  if (url.username || url.password) {
    throw new Error('ses:// takes its keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  }
  const endpoint = url.searchParams.get('endpoint')
  if (endpoint !== null && !/^https?:\/\/[^/]/.test(endpoint)) {
    throw new Error(`endpoint=${endpoint} is no https:// address`)
  }
  return {
    ...{ region, endpoint, sessionToken: null },
    configurationSet: url.searchParams.get('configuration_set'),
  }
}

/** Amazon's keys as its own tools take them from the environment; what is not there, its library finds elsewhere. */
export function withAwsKeys(
  transports: readonly TransportConfig[],
  env: Readonly<Record<string, string | undefined>>,
): TransportConfig[] {
  const [user, password, sessionToken] = [
    ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  ].map((name) => env[name]?.trim() || null) as [string | null, string | null, string | null]
  return transports.map((each) =>
    each.ses === undefined ? each : { ...each, user, password, ses: { ...each.ses, sessionToken } },
  )
}

function readLimits(url: URL): TransportLimits {
  return {
    perMinute: whole(url, 'per_minute', null),
    perHour: whole(url, 'per_hour', null),
    perDay: whole(url, 'per_day', null),
    warmUpFrom: whole(url, 'warm_up', null),
    weight: positive(url, 'weight', 1),
    idempotency: readIdempotency(url.searchParams.get('idempotency')),
    direct: readFlag(url, 'direct', false),
  }
}

/** `Resend-Idempotency-Key:24h`: the header's name, and for how long the relay knows what it has had. */
function readIdempotency(text: string | null): TransportLimits['idempotency'] {
  if (text === null) return null
  const match = /^([A-Za-z][A-Za-z0-9-]{0,60}):(\d{1,5})(s|m|h)$/.exec(text)
  if (match === null) throw new Error(`idempotency=${text} is no header and time (X-Key:24h)`)
  const seconds = Number(match[2]) * { s: 1, m: 60, h: 3600 }[match[3] as 's' | 'm' | 'h']
  return { header: match[1] as string, seconds }
}

function readFlag(url: URL, name: string, fallback: boolean): boolean {
  const text = url.searchParams.get(name)
  if (text === null) return fallback
  if (text === 'yes' || text === 'no') return text === 'yes'
  throw new Error(`${name}=${text} is neither yes nor no`)
}

/** A number of things: 1, 2, 3 … */
function whole<T extends number | null>(url: URL, name: string, fallback: T): number | T {
  const value = positive(url, name, fallback)
  if (value !== null && !Number.isInteger(value))
    throw new Error(`${name}=${value} is no whole number`)
  return value
}

function positive<T extends number | null>(url: URL, name: string, fallback: T): number | T {
  const text = url.searchParams.get(name)
  if (text === null) return fallback
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${name}=${text} is no number above 0`)
  return value
}

/** `google rate=50 inflight=20, corp.example rate=5` */
export function parseProviderLimits(value: string): ProviderLimits {
  const limits: Record<string, ProviderLimit> = {}
  for (const line of value.split(',')) {
    const [name, ...parts] = line.trim().split(/\s+/)
    if (!name || parts.length === 0) throw new Error(`says nothing of "${line.trim()}"`)
    const limit: { inFlight?: number; perSecond?: number } = {}
    for (const part of parts) {
      const match = /^(rate|inflight)=(\d+(\.\d+)?)$/.exec(part)
      const number = Number(match?.[2])
      if (match === null || !(number > 0)) {
        throw new Error(`says "${part}" of ${name}: rate= or inflight= and a number`)
      }
      if (match[1] === 'rate') limit.perSecond = number
      else limit.inFlight = Math.max(1, Math.floor(number))
    }
    limits[name.toLowerCase()] = limit
  }
  return limits
}
