import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import PostalMime from 'postal-mime'
import { listPage, messagePage, notFoundPage, VIEWS, type View } from './inbox-pages.ts'
import type { CaughtMessage, Store } from './store.ts'

type InboxOptions = Readonly<{ secret: string; host: string }>
type Env = { Variables: { nonce: string } }
type Page = Context<Env>

/** How many messages a page lists. */
const PAGE_SIZE = 100
/** Links of a mail open beside the page; nothing of the mail runs, submits or reaches the page around it. */
const SANDBOX = 'allow-popups allow-popups-to-escape-sandbox'

export function inboxHandler(store: Store, options: InboxOptions): RequestListener {
  const listener = getRequestListener(createInbox(store, options).fetch)
  return (request, response) => void listener(request, response)
}

/** The inbox page: for this machine, behind a secret path, and for the eyes only. */
export function createInbox(store: Store, { secret, host }: InboxOptions): Hono<Env> {
  const app = new Hono<Env>()
  app.use(async (c, next) => {
    // A page elsewhere can point a name of its own at us (DNS rebinding), but not forge the Host header.
    if (!isOwnHost(c.req.header('host') ?? '', host)) return c.text('no such host', 421)
    protect(c)
    if (!isSecret(c.req.path.split('/')[1] ?? '', secret))
      return c.html(notFoundPage(c.var.nonce), 404)
    return next()
  })
  app.get('/:secret', (c) => c.redirect(`/${secret}/`, 301))
  app.get('/:secret/', (c) => c.html(list(c, store)))
  app.get('/:secret/count', (c) => c.json({ count: store.count() }))
  app.get('/:secret/m/:id', async (c) => {
    const message = store.find(c.req.param('id'))
    if (!message) return c.html(notFoundPage(c.var.nonce), 404)
    return c.html(await show(c, store, message))
  })
  app.get('/:secret/m/:id/html', async (c) => {
    const message = store.find(c.req.param('id'))
    return message ? framed(c, message) : c.text('', 404)
  })
  app.get('/:secret/m/:id/raw', async (c) => {
    const message = store.find(c.req.param('id'))
    if (!message) return c.text('', 404)
    c.header('Content-Type', 'message/rfc822')
    c.header('Content-Disposition', `attachment; filename="${message.id}.eml"`)
    return c.body(new Uint8Array(await message.raw()))
  })
  app.notFound((c) => c.html(notFoundPage(c.var.nonce), 404))
  return app
}

function protect(c: Page): void {
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
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  )
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Referrer-Policy', 'no-referrer')
  c.header('Cache-Control', 'no-store')
}

function isOwnHost(header: string, host: string): boolean {
  const name = header
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase()
  return ['localhost', '127.0.0.1', '::1', host.toLowerCase()].includes(name)
}

function isSecret(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function list(c: Page, store: Store) {
  const query = c.req.query('q')?.trim() ?? ''
  const before = c.req.query('before') ?? ''
  const needle = query.toLowerCase()
  const matches = store
    .messages()
    .filter(({ to, subject }) => needle === '' || `${to} ${subject}`.toLowerCase().includes(needle))
  const until = before === '' ? matches : matches.filter(({ id }) => id < before)
  const shown = until.slice(-PAGE_SIZE).reverse()
  const oldest = shown.at(-1)?.id ?? ''
  return listPage({
    nonce: c.var.nonce,
    messages: shown,
    query,
    count: store.count(),
    matching: matches.length,
    isFirst: before === '',
    olderThan: until.length > shown.length ? oldest : null,
  })
}

async function show(c: Page, store: Store, message: CaughtMessage) {
  const raw = await message.raw()
  const mail = await parse(raw)
  const fallback: View = mail.html ? 'html' : 'text'
  const view = VIEWS.find((name) => name === c.req.query('view')) ?? fallback
  const all = store.messages()
  const at = all.indexOf(message)
  return messagePage({
    nonce: c.var.nonce,
    message,
    view,
    isPhone: c.req.query('width') === 'phone',
    showsImages: c.req.query('images') === '1',
    sandbox: SANDBOX,
    text: mail.text,
    hasHtml: mail.html !== '',
    raw: raw.toString('utf8'),
    newer: all[at + 1]?.id ?? null,
    older: all[at - 1]?.id ?? null,
  })
}

async function framed(c: Page, message: CaughtMessage): Promise<Response> {
  const { html } = await parse(await message.raw())
  const images = c.req.query('images') === '1' ? 'data: http: https:' : 'data:'
  c.header(
    'Content-Security-Policy',
    `sandbox ${SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src ${images}; frame-ancestors 'self'`,
  )
  return c.html(withLinksBeside(html))
}

/** A mail that no parser survives is still shown as source. */
async function parse(raw: Buffer): Promise<{ html: string; text: string }> {
  try {
    const { html, text } = await PostalMime.parse(raw)
    return { html: html ?? '', text: text ?? '' }
  } catch {
    return { html: '', text: '' }
  }
}

/** Inside its frame a link could lead nowhere; a `base` in front of the doctype would change how the mail is drawn. */
function withLinksBeside(html: string): string {
  const base = '<base target="_blank">'
  const at =
    /<head\b[^>]*>/i.exec(html) ?? /<html\b[^>]*>/i.exec(html) ?? /^\s*<!doctype[^>]*>/i.exec(html)
  const index = at === null ? 0 : at.index + at[0].length
  return html.slice(0, index) + base + html.slice(index)
}
