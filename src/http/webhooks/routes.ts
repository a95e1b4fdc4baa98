import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { WebhookProvider, WebhooksConfig } from '../../config-intake.ts'
import { isWebhookProvider } from '../../feedback/parse/webhooks/providers.ts'
import type { WebhookRequest } from '../../feedback/parse/webhooks/request.ts'
import { isSnsUrl, readEnvelope, type SnsEnvelope } from '../../feedback/parse/webhooks/ses.ts'
import type { Refusals } from '../../feedback/refusals.ts'
import { takePost } from '../../feedback/take-post.ts'
import { fetchSafely } from '../../fetch-safely.ts'
import type { Log } from '../../log.ts'
import type { Env, Site } from '../deps.ts'
import { createCertificates } from './certificates.ts'
import { createBell } from './ring-once.ts'
import { type Verdict, verifyPost } from './verify.ts'

export type HooksDeps = Readonly<{
  /** undefined: no provider may post. */
  webhooks: WebhooksConfig | undefined
  log: Log
  /** Left out: they are logged only. */
  refusals?: Refusals | undefined
  /** Default: the helper for addresses that somebody gave. */
  fetch?: typeof fetchSafely
}>

/** A grouped post holds some hundred events of 1 kB. */
const LARGEST_POST = 5 * 1024 * 1024

/** 406 tells Mailgun not to try again; 404 is also what a provider gets that is not set up. */
const STATUS = { unproven: 401, stale: 403, foreign: 403, away: 503, replayed: 406 } as const

/**
 * What providers post: proven, kept in one statement, answered; read by the intake job. Nothing that a body says is
 * believed before its proof, and no proof is written to a log.
 */
export function hookRoutes(site: Site, deps: HooksDeps): Hono<Env> {
  const routes = new Hono<Env>()
  const fetch = deps.fetch ?? fetchSafely
  const certificates = createCertificates(fetch)
  const bell = createBell(() => void site.ring('intake', {}))
  const limit = bodyLimit({ maxSize: LARGEST_POST, onError: (c) => c.text('Too large\n', 413) })
  routes.post('/hooks/:provider/:secret?', limit, async (c) => {
    c.header('Cache-Control', 'no-store')
    const provider = c.req.param('provider')
    const { webhooks } = deps
    if (!webhooks || !isWebhookProvider(provider) || webhooks[provider].length === 0) {
      return c.text('No such hook\n', 404)
    }
    const request = await requestOf(c, site)
    const means = { webhooks, certificates, now: site.now() }
    const verdict = await verifyPost(provider, request, means)
    if (!verdict.ok) return refuse(c, deps, provider, verdict.why)
    const envelope = provider === 'ses' ? readEnvelope(request.raw) : null
    if (envelope !== null && envelope.type !== 'Notification') {
      return await subscribe(c, deps, envelope, fetch)
    }
    const { once } = verdict
    const taken = await takePost(site.db, { provider, raw: request.raw, once })
    if (taken === 'taken') bell.ring()
    return answer(c, deps, provider, taken, once !== undefined)
  })
  return routes
}

/** What was taken before is not taken again; a provider that heard no answer to it hears one now. */
function answer(
  c: Context<Env>,
  deps: HooksDeps,
  provider: WebhookProvider,
  taken: 'taken' | 'known',
  servesOnce: boolean,
): Response {
  if (taken === 'known' && servesOnce) return refuse(c, deps, provider, 'replayed')
  return c.text(taken === 'taken' ? 'Taken\n' : 'Taken before\n')
}

async function requestOf(c: Context<Env>, site: Site): Promise<WebhookRequest> {
  const raw = Buffer.from(await c.req.arrayBuffer())
  const { pathname, search } = new URL(c.req.url)
  const path = pathname.startsWith(`${site.base}/`) ? pathname.slice(site.base.length) : pathname
  return {
    header: (name) => c.req.header(name) ?? null,
    raw,
    // As it was told the provider: behind a proxy the Host is another.
    url: `${site.publicUrl}${path}${search}`,
    pathSecret: c.req.param('secret') ?? null,
  }
}

function refuse(
  c: Context<Env>,
  { log, refusals }: HooksDeps,
  provider: WebhookProvider,
  why: Extract<Verdict, { ok: false }>['why'] | 'replayed',
): Response {
  log.warn({ provider, why, from: c.get('clientAddress') }, 'webhook not taken')
  refusals?.count({ source: 'webhook', origin: provider, why })
  return c.text('Not taken\n', STATUS[why])
}

/** A topic of ours asks whether we want it: the address it names is SNS's own, and is asked like any foreign one. */
async function subscribe(
  c: Context<Env>,
  deps: HooksDeps,
  { type, topic, subscribeUrl }: SnsEnvelope,
  fetch: typeof fetchSafely,
): Promise<Response> {
  if (type === 'UnsubscribeConfirmation') {
    deps.log.warn(
      { topic },
      'SNS will send no more of this topic; subscribe it again if that is wrong',
    )
    return c.text('Noted\n')
  }
  const isTheirs =
    subscribeUrl !== null &&
    isSnsUrl(subscribeUrl, 'subscribe') &&
    new URL(subscribeUrl).searchParams.get('TopicArn') === topic
  if (!isTheirs) return refuse(c, deps, 'ses', 'foreign')
  const answer = await fetch(subscribeUrl, { maxRedirects: 0, timeoutMs: 5_000 })
  if (answer.outcome !== 'ok') return refuse(c, deps, 'ses', 'away')
  deps.log.info({ topic }, 'subscribed to a topic of SNS')
  return c.text('Subscribed\n')
}
