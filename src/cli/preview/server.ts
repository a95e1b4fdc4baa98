import { randomBytes, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { dirname, join, resolve } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { listenNear } from '../../mail/listen-near.ts'
import type { KnownNewsletter } from '../known-newsletter.ts'
import { framedMail, framePolicy, type Look } from './frame.ts'
import { previewPage } from './page.ts'
import { NOTHING_YET, type Shown, showNext } from './shown.ts'
import { watchIssue } from './watch.ts'

export type Preview = Readonly<{
  /** With the secret in its path. */
  url: string
  close(): Promise<void>
}>

type Env = { Variables: { nonce: string } }
type Current = {
  shown: Shown
  listeners: Set<(version: number) => void>
  file: string
}

const HOST = '127.0.0.1'

/** Serves an issue to this machine's browsers, and tells them of each save. */
export async function startPreview(
  options: Readonly<{
    file: string
    port: number
    newsletter: KnownNewsletter | null
    /** Told of each state, for the terminal. */
    onShown?: (shown: Shown) => void
    /** A fault of ours while a state was made: the last one stays. */
    onFault?: (error: unknown) => void
  }>,
): Promise<Preview> {
  const secret = randomBytes(16).toString('base64url')
  const current: Current = { shown: NOTHING_YET, listeners: new Set(), file: options.file }
  const listener = getRequestListener(createPreviewApp(current, secret).fetch, {
    overrideGlobalObjects: false,
  })
  const server = createServer((request, response) => void listener(request, response))
  const port = await listenNear(server, { host: HOST, port: options.port })
  const url = `http://${HOST}:${port}/${secret}`
  const folder = dirname(resolve(options.file))
  const watching = watchIssue(options.file, {
    others: () => (current.shown.mail?.own ?? []).map((path) => join(folder, decoded(path))),
    async onChange(saved) {
      try {
        const next = { newsletter: options.newsletter, mediaUrl: `/${secret}` }
        current.shown = await showNext(current.shown, options.file, saved, next)
      } catch (error) {
        options.onFault?.(error)
        return
      }
      for (const tell of current.listeners) tell(current.shown.version)
      options.onShown?.(current.shown)
    },
  })
  return Object.freeze({
    url: `${url}/`,
    async close() {
      watching.close()
      await closed(server)
    },
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done())
    // Pages that listen for news would keep it open for ever.
    server.closeAllConnections()
  })
}

function createPreviewApp(current: Current, secret: string): Hono<Env> {
  const app = new Hono<Env>()
  app.use(async (c, next) => {
    // A page elsewhere can point a name of its own at us (DNS rebinding), but not forge the Host header.
    if (!isOwnHost(c.req.header('host') ?? '')) return c.text('no such host', 421)
    if (!isSecret(c.req.path.split('/')[1] ?? '', secret)) return c.text('nothing here', 404)
    protect(c)
    return next()
  })
  app.get('/:secret', (c) => c.redirect(`/${secret}/`, 301))
  app.get('/:secret/', (c) => c.html(previewPage(c.var.nonce, current.file)))
  app.get('/:secret/client.js', async (c) => {
    c.header('Content-Type', 'text/javascript')
    return c.body(await readFile(join(import.meta.dirname, 'client.js'), 'utf8'))
  })
  app.get('/:secret/state', (c) => c.json(stateOf(current.shown)))
  app.get('/:secret/events', (c) => events(c, current))
  app.get('/:secret/frame/:kind', (c) => frame(c, current.shown))
  app.get('/:secret/media/:name', (c) => {
    const image = current.shown.mail?.media.get(`media/${c.req.param('name')}`)
    if (image === undefined) return c.text('', 404)
    c.header('Content-Type', `image/${image.kind}`)
    return c.body(new Uint8Array(image.bytes))
  })
  app.get('/:secret/headers', (c) => {
    const eml = current.shown.mail?.rendered.eml().toString('latin1') ?? ''
    return c.text(eml.split(/\r?\n\r?\n/, 1)[0] ?? '')
  })
  app.get('/:secret/issue.eml', (c) => {
    const eml = current.shown.mail?.rendered.eml()
    if (eml === undefined) return c.text('', 404)
    c.header('Content-Type', 'message/rfc822')
    c.header('Content-Disposition', 'attachment; filename="issue.eml"')
    return c.body(new Uint8Array(eml))
  })
  return app
}

function protect(c: Context<Env>): void {
  const nonce = randomBytes(16).toString('base64')
  c.set('nonce', nonce)
  c.header(
    'Content-Security-Policy',
    [
      "default-src 'none'",
      `style-src 'nonce-${nonce}'`,
      `script-src 'nonce-${nonce}'`,
      "connect-src 'self'",
      "frame-src 'self'",
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  )
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Referrer-Policy', 'no-referrer')
  c.header('Cache-Control', 'no-store')
}

function isOwnHost(header: string): boolean {
  return ['localhost', '127.0.0.1'].includes(header.replace(/:\d+$/, '').toLowerCase())
}

function isSecret(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** What the page draws itself; mails come in frames. */
function stateOf({ version, source, findings, broken, mail }: Shown) {
  const shown = mail && {
    version: mail.version,
    from: mail.from,
    subject: mail.rendered.subject,
    preheader: mail.preheader,
    language: mail.language,
    text: mail.rendered.text,
    sizes: mail.rendered.sizes,
  }
  return { version, source, findings, broken, mail: shown }
}

function events(c: Context<Env>, current: Current): Response {
  return streamSSE(c, async (stream) => {
    const tell = (version: number) => void stream.writeSSE({ data: String(version) })
    current.listeners.add(tell)
    const ended = new Promise<void>((done) => stream.onAbort(done))
    tell(current.shown.version)
    await ended
    current.listeners.delete(tell)
  })
}

function frame(c: Context<Env>, { mail }: Shown): Response {
  const look: Look = {
    isDark: c.req.query('dark') === '1',
    hasImages: c.req.query('images') !== '0',
    hasStyles: c.req.query('styles') !== '0',
  }
  c.header('Content-Security-Policy', framePolicy(c.var.nonce, look))
  if (mail === null) return c.html('')
  const { html, web } = mail.rendered
  return c.html(framedMail(c.req.param('kind') === 'web' ? web : html, c.var.nonce, look))
}

function decoded(path: string): string {
  const [bare = ''] = path.split(/[?#]/, 1)
  try {
    return decodeURIComponent(bare)
  } catch {
    return bare
  }
}
