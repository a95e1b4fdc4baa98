import { type Context, Hono } from 'hono'
import { newsletterById } from '../../db/queries/newsletters.ts'
import { subscriptionOfLink } from '../../db/queries/subscriptions.ts'
import { openUnsubscribeToken, type Subscriptions } from '../links.ts'
import { maskAddresses } from '../log.ts'
import { unsubscribe } from '../subscribers/unsubscribe.ts'
import { answerPage, languageOfBrowser } from './answer.ts'
import type { Env, Site } from './deps.ts'
import type { Page } from './pages/layout.tsx'
import { leavePage, leftPage, nothingToLeavePage } from './pages/unsubscribe.tsx'
import { problem } from './problem.ts'

/** A multipart one-click request is under 300 octets. */
const LARGEST_READ = 8_192
const READ_TIMEOUT_MS = 3_000

/**
 * GET shows a button and changes nothing: scanners fetch every link. POST leaves, with whatever body and from wherever
 * (RFC 8058): no cookie, no Origin, no limit and no redirect stands in its way.
 */
export function unsubscribeRoutes(site: Site): Hono<Env> {
  const routes = new Hono<Env>()
  routes.get('/u/:token', async (c) => {
    const link = openUnsubscribeToken(site.secrets, c.req.param('token'))
    if (link === null) return problem(c, site, 'bad-link')
    return answerPage(c, await readerPage(c, site, link, 'ask'))
  })
  routes.post('/u/:token', async (c) => {
    const link = openUnsubscribeToken(site.secrets, c.req.param('token'))
    if (link === null) return problem(c, site, 'bad-link')
    const by = whoAsks(c, await readStart(c.req.raw))
    const source = by === 'person' ? 'page' : 'one-click'
    const networkAddress = c.get('clientAddress')
    const left = await unsubscribe(site.db, { ...link, source, networkAddress }, site.now())
    if (left === 'unsubscribed') void site.ring('unsubscribe', link)
    if (by === 'program') return c.text(WORDS[left])
    return answerPage(c, await readerPage(c, site, link, left))
  })
  return routes
}

/** For mail programs; nobody reads them. */
const WORDS = {
  unsubscribed: 'Unsubscribed.\n',
  already: 'Unsubscribed already.\n',
  unknown: 'Nothing to do.\n',
} as const

type Moment = 'ask' | keyof typeof WORDS

async function readerPage(
  c: Context<Env>,
  site: Site,
  { newsletterId, subscriberId }: Subscriptions,
  moment: Moment,
): Promise<Page> {
  const brand = await newsletterById(site.db, newsletterId)
  const found = brand && (await subscriptionOfLink(site.db, newsletterId, subscriberId))
  const language = found?.language ?? brand?.language ?? languageOfBrowser(c)
  if (!brand || !found || moment === 'unknown') {
    return nothingToLeavePage({ base: site.base, brand, language })
  }
  const frame = { base: site.base, brand, language }
  if (moment === 'unsubscribed') return leftPage(frame, false)
  if (moment === 'already' || found.state === 'unsubscribed') return leftPage(frame, true)
  // Mails are forwarded: whoever opens the link need not learn the whole address.
  return leavePage(frame, maskAddresses(found.address))
}

/** Who says neither is asked what it would like to read. */
function whoAsks(c: Context, body: string): 'program' | 'person' {
  if (/List-Unsubscribe(=|%3d|")[\s\S]*One-Click/i.test(body)) return 'program'
  if (/(^|&)by=page(&|$)/.test(body)) return 'person'
  return /\btext\/html\b/i.test(c.req.header('accept') ?? '') ? 'person' : 'program'
}

/** As much of the body as tells. One that is broken, endless or slow says nothing, and hinders nothing. */
async function readStart(request: Request): Promise<string> {
  const reader = request.body?.getReader()
  if (!reader) return ''
  const chunks: Uint8Array[] = []
  const timer = setTimeout(() => void reader.cancel().catch(() => {}), READ_TIMEOUT_MS)
  try {
    for (let size = 0; size < LARGEST_READ; ) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      size += value.length
    }
  } catch {
    // Cut off: what was read has to do.
  } finally {
    clearTimeout(timer)
    void reader.cancel().catch(() => {})
  }
  return Buffer.concat(chunks).toString('latin1')
}
