import { lookup } from 'node:dns/promises'
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { messageOf } from './errors.ts'
import { isPublicAddress } from './public-address.ts'

export type Resolved = Readonly<{ address: string; family: number }>

export type FetchOptions = Readonly<{
  /** Default GET. A POST follows no redirect. */
  method?: 'GET' | 'HEAD' | 'POST'
  headers?: Readonly<Record<string, string>>
  body?: Buffer | string
  /** For everything together: names, redirects, the last octet. Default 10 s. */
  timeoutMs?: number
  /** Of the body as it comes over the wire; 0: it is not read. Default 1 MB. */
  maxBytes?: number
  /** Default 5. */
  maxRedirects?: number
  /** Every address of a name. Default: the system's resolver. */
  resolve?: (hostname: string) => Promise<readonly Resolved[]>
  /** Addresses that may be asked although nobody else may reach them: servers of tests. */
  allow?: readonly string[]
}>

/** `url` is where the last answer came from, `reason` a clause for people, without addresses of ours. */
export type FetchResult =
  | { outcome: 'ok'; url: string; status: number; headers: IncomingHttpHeaders; body: Buffer }
  /** It does not answer, or says that there is nothing. `status` null: no answer. */
  | { outcome: 'dead'; url: string; status: number | null; reason: string }
  /** It answers, but not to us: a login, a wall against robots, too many questions. */
  | { outcome: 'forbidden'; url: string; status: number; reason: string }
  | { outcome: 'slow'; url: string; reason: string }
  | { outcome: 'too-large'; url: string; reason: string }
  /** No http(s) address, or one with a name and password in it. */
  | { outcome: 'bad-url'; url: string; reason: string }
  /** It leads to this machine, its network, or where no server may be. */
  | { outcome: 'refused-address'; url: string; reason: string }

const DEFAULTS = { timeoutMs: 10_000, maxBytes: 1_000_000, maxRedirects: 5 }
const MAX_HEADER_BYTES = 16_384
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** 999 is what LinkedIn answers to everything but a browser; 451: unavailable for legal reasons (RFC 7725). */
const FORBIDDEN = new Set([401, 402, 403, 407, 429, 451, 999])

/**
 * Asks an address that somebody gave. Its name is resolved once, every address is looked at, and the connection goes to
 * what was looked at, so that no second answer of the name server can lead inside; so at each redirect. Never throws
 * for anything that the other side does.
 */
export async function fetchSafely(
  address: string,
  options: FetchOptions = {},
): Promise<FetchResult> {
  const timeoutMs = options.timeoutMs ?? DEFAULTS.timeoutMs
  const signal = AbortSignal.timeout(timeoutMs)
  let at = address
  for (let redirects = options.maxRedirects ?? DEFAULTS.maxRedirects; ; redirects -= 1) {
    const step = await fetchOnce(at, options, signal).catch((error: unknown) =>
      failure(at, error, signal.aborted ? timeoutMs : null),
    )
    if (step.outcome !== 'redirect') return step
    if (options.method === 'POST') return dead(step, 'it redirects, which a POST does not follow')
    if (redirects <= 0) return dead(step, 'it redirects too often')
    at = step.to
  }
}

type Redirect = { outcome: 'redirect'; url: string; status: number; to: string }

async function fetchOnce(
  address: string,
  options: FetchOptions,
  signal: AbortSignal,
): Promise<FetchResult | Redirect> {
  const url = readUrl(address)
  if (typeof url === 'string') return { outcome: 'bad-url', url: address, reason: url }
  const resolved = await before(signal, resolveHost(url, options))
  if (resolved.some(({ address: ip }) => !isAllowed(ip, options))) {
    const reason = 'it leads to an address that is not public'
    return { outcome: 'refused-address', url: url.href, reason }
  }
  const response = await ask(url, resolved, options, signal)
  try {
    const hasBody = options.method !== 'HEAD'
    return await judge(url, response, hasBody ? (options.maxBytes ?? DEFAULTS.maxBytes) : 0)
  } finally {
    response.destroy()
  }
}

/** The URL, or why it is none that may be asked. */
function readUrl(address: string): URL | string {
  if (!URL.canParse(address)) return 'this is no address'
  const url = new URL(address)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return `only http and https are asked, not ${url.protocol}`
  }
  if (url.username !== '' || url.password !== '') return 'it holds a name or a password'
  return url
}

async function resolveHost(url: URL, options: FetchOptions): Promise<readonly Resolved[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const family = isIP(host)
  if (family !== 0) return [{ address: host, family }]
  const resolve = options.resolve ?? ((name) => lookup(name, { all: true, verbatim: true }))
  const resolved = await resolve(host)
  if (resolved.length === 0) throw new Error('its name has no address')
  return resolved
}

function isAllowed(ip: string, { allow = [] }: FetchOptions): boolean {
  return isPublicAddress(ip) || allow.includes(ip)
}

/** One request on a connection of its own, to one of `resolved`; the name serves for Host and certificate. */
function ask(
  url: URL,
  resolved: readonly Resolved[],
  { method = 'GET', headers = {}, body }: FetchOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((settle, refuse) => {
    const outgoing = send(url, {
      method,
      headers: {
        'User-Agent': 'Postrider',
        Accept: '*/*',
        'Accept-Encoding': 'identity',
        ...headers,
      },
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
      lookup: (_, { all }, done) => {
        const [first] = resolved
        if (all) done(null, [...resolved])
        else done(null, first?.address ?? '', first?.family)
      },
    })
    outgoing.once('response', settle)
    // Stays for what comes after the answer: an error without a listener would end the process.
    outgoing.on('error', refuse)
    outgoing.end(body)
  })
}

async function judge(
  url: URL,
  response: IncomingMessage,
  maxBytes: number,
): Promise<FetchResult | Redirect> {
  const status = response.statusCode ?? 0
  const { location } = response.headers
  if (REDIRECTS.has(status) && location !== undefined) {
    if (!URL.canParse(location, url.href))
      return dead({ url: url.href, status }, 'it redirects nowhere')
    return { outcome: 'redirect', url: url.href, status, to: new URL(location, url).href }
  }
  if (FORBIDDEN.has(status)) {
    return { outcome: 'forbidden', url: url.href, status, reason: `it answers ${status}` }
  }
  if (status < 200 || status > 299) return dead({ url: url.href, status }, `it answers ${status}`)
  const body = await readBody(response, maxBytes)
  if (body === null) {
    return { outcome: 'too-large', url: url.href, reason: `more than ${maxBytes} bytes` }
  }
  return { outcome: 'ok', url: url.href, status, headers: response.headers, body }
}

/** Null where it is larger. A length that is announced is believed when it is too large, and never when it is not. */
async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  if (maxBytes === 0) return Buffer.alloc(0)
  if (Number(response.headers['content-length']) > maxBytes) return null
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A name server may stay silent, and cannot be told to stop. */
function before<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((settle, refuse) => {
    const stop = () => refuse(signal.reason as Error)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(settle, refuse).finally(() => signal.removeEventListener('abort', stop))
  })
}

function dead(at: { url: string; status: number | null }, reason: string): FetchResult {
  return { outcome: 'dead', url: at.url, status: at.status, reason }
}

/** @param timeoutMs null: time was left */
function failure(url: string, error: unknown, timeoutMs: number | null): FetchResult {
  if (timeoutMs !== null) {
    return { outcome: 'slow', url, reason: `no whole answer within ${timeoutMs / 1000} s` }
  }
  const { code } = error as NodeJS.ErrnoException
  return dead({ url, status: null }, REASONS[code ?? ''] ?? messageOf(error))
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  ENODATA: 'its name has no address',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nothing answers there',
  ECONNRESET: 'it hung up',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'it cannot be reached',
  HPE_HEADER_OVERFLOW: 'its headers are too long',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}
