import { Hono } from 'hono'
import { allNewsletters } from '../../db/queries/newsletters.ts'
import { sentIssues, webVersionOf } from '../../db/queries/web-issues.ts'
import type { Piece } from '../messages/compiled.ts'
import { fillForNobody } from '../messages/fill.ts'
import { answerMarkdownPage, answerPage, languageOfBrowser } from './answer.ts'
import type { Env, Site } from './deps.ts'
import { isSlugLike, newsletterOfPath } from './find.ts'
import { homePage, newsletterPage } from './pages/newsletter.tsx'
import { webVersionPage } from './pages/web-version.tsx'
import { notFound, problem } from './problem.ts'

/** Twenty years of a weekly. */
const MOST_ISSUES = 1_000

export function archiveRoutes(site: Site): Hono<Env> {
  const { db, base, publicUrl } = site
  const routes = new Hono<Env>()
  routes.get('/', async (c) => {
    const frame = { base, brand: null, language: languageOfBrowser(c) }
    return answerPage(c, homePage(frame, await allNewsletters(db)))
  })
  routes.get('/:newsletter', async (c) => {
    const brand = await newsletterOfPath(db, c.req.param('newsletter'))
    if (brand === null) return notFound(c, site)
    const issues = (await sentIssues(db, brand, MOST_ISSUES)).map((issue) => ({
      ...issue,
      title: titleForNobody(issue.title, brand.name),
    }))
    return answerPage(c, newsletterPage({ base, brand, language: brand.language }, issues))
  })
  routes.get('/:newsletter/:issue', async (c) => {
    const brand = await newsletterOfPath(db, c.req.param('newsletter'))
    if (brand === null) return notFound(c, site)
    const slug = c.req.param('issue')
    const html = isSlugLike(slug) ? await webVersionOf(db, brand.id, slug) : null
    if (html === null) return problem(c, site, 'not-sent', brand)
    const urls = {
      self: `${publicUrl}/${brand.slug}/${encodeURIComponent(slug)}`,
      newsletter: `${publicUrl}/${brand.slug}`,
      subscribe: `${publicUrl}/subscribe/${brand.slug}`,
    }
    return answerMarkdownPage(c, webVersionPage(html, brand, urls))
  })
  return routes
}

/** A title's merge expressions as their defaults: the list is for everybody. */
function titleForNobody(title: string, newsletterName: string): string {
  const pieces = title
    .split(/(\{\{[^{}]*\}\})/)
    .map(
      (part, index): Piece =>
        index % 2 === 1 ? { hole: 'merge', source: part, place: 'plain' } : part,
    )
  try {
    return fillForNobody(pieces, { newsletterName, issueTitle: '' }).trim()
  } catch {
    // Braces that were no expression of ours.
    return title
  }
}
