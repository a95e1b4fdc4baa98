import { Hono } from 'hono'
import { mediaByHash } from '../../db/queries/media.ts'
import { hashOfMediaName } from '../campaigns/media.ts'
import type { Env, Site } from './deps.ts'
import { notFound } from './problem.ts'

/** Issues' pictures by their content: what is there never changes, so it may be kept for ever. */
export function mediaRoutes(site: Site): Hono<Env> {
  const routes = new Hono<Env>()
  routes.get('/media/:name', async (c) => {
    const hash = hashOfMediaName(c.req.param('name'))
    if (hash === null) return notFound(c, site)
    const tag = `"${hash.toString('base64url')}"`
    const media = await mediaByHash(site.db, hash)
    if (media === null) return notFound(c, site)
    c.header('Cache-Control', 'public, max-age=31536000, immutable')
    c.header('ETag', tag)
    // Whatever the bytes say: nothing in them runs, and nobody takes them for a page (DESIGN 7.2).
    c.header('Content-Security-Policy', "sandbox; default-src 'none'; frame-ancestors 'none'")
    // Mail programs in a browser show pictures from other origins.
    c.header('Cross-Origin-Resource-Policy', 'cross-origin')
    if (c.req.header('if-none-match')?.includes(tag)) return c.body(null, 304)
    c.header('Content-Type', `image/${media.kind}`)
    return c.body(new Uint8Array(media.bytes))
  })
  return routes
}
