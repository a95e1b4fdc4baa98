import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Page } from './pages/layout.tsx'

/** Our own page: nothing from elsewhere, no script, no frame, and its one style sheet by hash. */
export function answerPage(c: Context, page: Page, status: ContentfulStatusCode = 200): Response {
  c.header(
    'Content-Security-Policy',
    [
      "default-src 'none'",
      `style-src 'sha256-${page.styleHash}'`,
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  )
  return c.html(page.html, status)
}

/**
 * A page from Markdown: sandboxed, so that nothing in it runs or reaches our origin. Its links may lead anywhere, its
 * images may come from anywhere; its styles stand in the markup, as mail has them.
 */
export function answerMarkdownPage(c: Context, html: string): Response {
  c.header(
    'Content-Security-Policy',
    [
      'sandbox allow-popups allow-popups-to-escape-sandbox',
      "default-src 'none'",
      "style-src 'unsafe-inline'",
      'img-src https: http: data:',
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  )
  return c.html(html)
}

/** en or zh, where no newsletter says. */
export function languageOfBrowser(c: Context): string {
  c.header('Vary', 'Accept-Language', { append: true })
  return /^\s*zh\b/i.test(c.req.header('accept-language') ?? '') ? 'zh-CN' : 'en'
}
