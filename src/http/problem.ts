import type { Context } from 'hono'
import { answerPage, languageOfBrowser } from './answer.ts'
import type { Site } from './deps.ts'
import type { Brand } from './pages/layout.tsx'
import { type Problem, problemPage } from './pages/problem.tsx'

const STATUS = {
  'not-found': 404,
  'bad-link': 404,
  'not-sent': 404,
  'too-large': 413,
  unavailable: 503,
  failed: 500,
} as const satisfies Record<Problem, number>

/** A page that says what happened, in the newsletter's language where one is known. */
export function problem(
  c: Context,
  site: Pick<Site, 'base'>,
  kind: Problem,
  brand: Brand | null = null,
): Response {
  const language = brand?.language ?? languageOfBrowser(c)
  c.header('Cache-Control', 'no-store')
  if (kind === 'unavailable') c.header('Retry-After', '30')
  return answerPage(c, problemPage({ base: site.base, brand, language }, kind), STATUS[kind])
}

export function notFound(c: Context, site: Pick<Site, 'base'>): Response {
  return problem(c, site, 'not-found')
}
