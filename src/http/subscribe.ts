import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { parseAddress } from '../mail/address.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'
import { requestSubscription } from '../subscribers/subscribe.ts'
import { answerPage } from './answer.ts'
import type { Env, Site } from './deps.ts'
import { newsletterOfPath } from './find.ts'
import { askedPage, type FormProblem, formConsent, subscribePage } from './pages/subscribe.tsx'
import { notFound, problem } from './problem.ts'

/** An address, and room for what browsers put around it. */
const LARGEST_FORM = 16_384
const LONGEST_TYPED = 320

export function subscribeRoutes(site: Site): Hono<Env> {
  const routes = new Hono<Env>()
  routes.get('/subscribe/:newsletter', async (c) => {
    const newsletter = await newsletterOfPath(site.db, c.req.param('newsletter'))
    if (newsletter === null) return notFound(c, site)
    return answerPage(c, subscribePage(frameOf(site, newsletter), null))
  })
  const tooLarge = (c: Context) => problem(c, site, 'too-large')
  routes.post(
    '/subscribe/:newsletter',
    bodyLimit({ maxSize: LARGEST_FORM, onError: tooLarge }),
    async (c) => {
      c.header('Cache-Control', 'no-store')
      const newsletter = await newsletterOfPath(site.db, c.req.param('newsletter'))
      if (newsletter === null) return notFound(c, site)
      const form = await readForm(c)
      return ask(c, site, newsletter, form)
    },
  )
  return routes
}

async function ask(
  c: Context<Env>,
  site: Site,
  newsletter: Newsletter,
  form: { typed: string; trapped: boolean },
): Promise<Response> {
  const { typed } = form
  const enough = sleepUntil(performance.now() + site.leastAnswerMs)
  // Something that fills every field: the same page, and nothing else.
  if (!form.trapped) {
    const done = await request(c, site, newsletter, typed)
    if (done !== null) return refuse(c, site, newsletter, done)
  }
  await enough
  return answerPage(c, askedPage(frameOf(site, newsletter), typed))
}

/** What is wrong, or null. The doorbell is not waited for: whether it rang must not show. */
async function request(
  c: Context<Env>,
  site: Site,
  newsletter: Newsletter,
  typed: string,
): Promise<FormProblem | null> {
  if (typed === '') return { kind: 'empty', typed }
  // Before the limit: mistyping counts for nothing.
  if (!parseAddress(typed).ok) return { kind: 'bad-address', typed }
  const networkAddress = c.get('clientAddress')
  const limit = await site.requestLimit.take(networkAddress)
  if (!limit.allowed) {
    return { kind: 'limited', typed, minutes: Math.max(1, Math.ceil(limit.retryAfterMs / 60_000)) }
  }
  const asked = await requestSubscription(
    site.db,
    site.secrets,
    {
      newsletter,
      address: typed,
      language: null,
      origin: { networkAddress, wording: formConsent(newsletter) },
    },
    site.now(),
  )
  if (asked.outcome === 'bad-address') return { kind: 'bad-address', typed }
  if (asked.mailQueued) void site.ring('outbox', {})
  return null
}

function refuse(c: Context<Env>, site: Site, newsletter: Newsletter, wrong: FormProblem): Response {
  if (wrong.kind === 'limited') c.header('Retry-After', String(wrong.minutes * 60))
  const page = subscribePage(frameOf(site, newsletter), wrong)
  return answerPage(c, page, wrong.kind === 'limited' ? 429 : 422)
}

function frameOf(site: Site, newsletter: Newsletter) {
  return { base: site.base, brand: newsletter, language: newsletter.language }
}

/** Urlencoded or multipart; whatever else comes is an empty form. */
async function readForm(c: Context): Promise<{ typed: string; trapped: boolean }> {
  const fields = await c.req.parseBody().catch((): Record<string, unknown> => ({}))
  const text = (name: string) => {
    const value = fields[name]
    return typeof value === 'string' ? value : ''
  }
  return {
    typed: text('email').trim().slice(0, LONGEST_TYPED),
    trapped: text('website') !== '',
  }
}

function sleepUntil(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())))
}
