import { getConnInfo } from '@hono/node-server/conninfo'
import { type Context, Hono } from 'hono'
import { isUnreachable, ping } from '../../db/client.ts'
import { messageOf } from '../errors.ts'
import { createRequestLimit } from '../subscribers/network.ts'
import { archiveRoutes } from './archive.ts'
import { createClientAddress } from './client-address.ts'
import { confirmRoutes } from './confirm.ts'
import type { AppDeps, Env, Site } from './deps.ts'
import { mediaRoutes } from './media.ts'
import { notFound, problem } from './problem.ts'
import { subscribeRoutes } from './subscribe.ts'
import { unsubscribeRoutes } from './unsubscribe.ts'
import { hookRoutes } from './webhooks/routes.ts'

/**
 * Readers' pages. Answers `Request`s; listens to nothing (main.ts does).
 * @throws PostriderError bad-configuration
 */
export function createApp(deps: AppDeps): Hono<Env> {
  const site = siteOf(deps)
  const app = new Hono<Env>({ strict: false })
  const clientAddress = createClientAddress(deps.trustedProxies)
  app.use(async (c, next) => {
    c.set('clientAddress', clientAddress(peerOf(c), c.req.header('x-forwarded-for')))
    const began = performance.now()
    setCommonHeaders(c)
    await next()
    const ms = Math.round(performance.now() - began)
    deps.log.debug({ method: c.req.method, path: maskedPath(c), status: c.res.status, ms }, 'asked')
  })
  app.get('/healthz', async (c) => {
    c.header('Cache-Control', 'no-store')
    await ping(deps.db)
    return c.text('ok\n')
  })
  const { webhooks, log, refusals, fetch } = deps
  const hooks = (at: Site) =>
    hookRoutes(at, { webhooks, log, refusals, ...(fetch ? { fetch } : {}) })
  for (const routes of [
    subscribeRoutes,
    confirmRoutes,
    unsubscribeRoutes,
    mediaRoutes,
    hooks,
    archiveRoutes,
  ]) {
    // A proxy may hand on the path that PUBLIC_URL has, or take it off.
    for (const path of new Set([site.base || '/', '/'])) app.route(path, routes(site))
  }
  app.notFound((c) => notFound(c, site))
  app.onError((error, c) => {
    const fields = { method: c.req.method, path: maskedPath(c), err: messageOf(error) }
    const away = isUnreachable(error)
    deps.log.error(away ? fields : { ...fields, stack: error.stack }, 'could not answer')
    setCommonHeaders(c)
    return problem(c, site, away ? 'unavailable' : 'failed')
  })
  return app
}

/** The form answers no sooner; what it does takes some 10 ms. */
const LEAST_ANSWER_MS = 150

function siteOf(deps: AppDeps): Site {
  const { db, secrets, publicUrl, ring } = deps
  return {
    ...{ db, secrets, publicUrl, ring },
    base: new URL(publicUrl).pathname.replace(/\/+$/, ''),
    now: deps.now ?? (() => new Date()),
    leastAnswerMs: deps.leastAnswerMs ?? LEAST_ANSWER_MS,
    requestLimit: createRequestLimit(db),
  }
}

/** null without a socket, as in tests. */
function peerOf(c: Context): string | null {
  try {
    return getConnInfo(c).remote.address ?? null
  } catch {
    return null
  }
}

const TOKEN_PATH = /(\/(?:u|confirm|hooks\/[a-z]+)\/)[^/]+/

/** What a path may be logged as: never with a token. */
function maskedPath(c: Context): string {
  return c.req.path.replace(TOKEN_PATH, '$1…')
}

function setCommonHeaders(c: Context): void {
  const isToken = TOKEN_PATH.test(c.req.path)
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Referrer-Policy', isToken ? 'no-referrer' : 'strict-origin-when-cross-origin')
  c.header('Cache-Control', isToken ? 'no-store' : 'no-cache')
  if (isToken) c.header('X-Robots-Tag', 'noindex, nofollow')
}
