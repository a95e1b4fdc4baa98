/**
 * A way out as the configuration names it: `smtp://user:pass@host:587`, `smtps://…` or `catcher://host:port`, with
 * `?rate=` (messages a second, for the whole fleet), `?connections=` (per worker process, default 5) and `?name=`.
 */
export type TransportConfig = Readonly<{
  name: string
  kind: 'smtp' | 'catcher'
  host: string
  port: number
  /** TLS from the first byte (smtps). STARTTLS is used wherever it is offered. */
  implicitTls: boolean
  user: string | null
  password: string | null
  ratePerSecond: number | null
  connections: number
  /** Default: none. */
  limits?: TransportLimits
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
  if (url === null || !/^(smtps?|catcher):$/.test(url.protocol)) {
    throw new Error('is no smtp:// or smtps:// or catcher:// address')
  }
  const kind = url.protocol === 'catcher:' ? 'catcher' : 'smtp'
  const implicitTls = url.protocol === 'smtps:'
  return {
    name: url.searchParams.get('name') ?? (kind === 'catcher' ? 'catcher' : 'smtp'),
    kind,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (implicitTls ? 465 : kind === 'catcher' ? 2525 : 587),
    implicitTls,
    user: url.username ? decodeURIComponent(url.username) : null,
    password: url.password ? decodeURIComponent(url.password) : null,
    ratePerSecond: positive(url, 'rate', null),
    connections: whole(url, 'connections', 5),
    limits: readLimits(url),
  }
}

function readLimits(url: URL): TransportLimits {
  return {
    perMinute: whole(url, 'per_minute', null),
    perHour: whole(url, 'per_hour', null),
    perDay: whole(url, 'per_day', null),
    warmUpFrom: whole(url, 'warm_up', null),
    weight: positive(url, 'weight', 1),
    idempotency: readIdempotency(url.searchParams.get('idempotency')),
    direct: readFlag(url, 'direct'),
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

function readFlag(url: URL, name: string): boolean {
  const text = url.searchParams.get(name)
  if (text === null || text === 'no') return false
  if (text === 'yes') return true
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
