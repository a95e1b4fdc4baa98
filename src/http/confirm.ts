import { type Context, Hono } from 'hono'
import { newsletterById } from '../../db/queries/newsletters.ts'
import { type Confirmation, openConfirmToken } from '../links.ts'
import {
  CONFIRM_DAYS,
  type ConfirmationState,
  confirmSubscription,
  readConfirmation,
} from '../subscribers/subscribe.ts'
import { answerPage } from './answer.ts'
import type { Env, Site } from './deps.ts'
import {
  alreadyConfirmedPage,
  confirmConsent,
  confirmedPage,
  confirmPage,
  expiredLinkPage,
  stayedPage,
} from './pages/confirm.tsx'
import type { Brand } from './pages/layout.tsx'
import { problem } from './problem.ts'

/** GET shows a button and changes nothing: scanners fetch every link. */
export function confirmRoutes(site: Site): Hono<Env> {
  const routes = new Hono<Env>()
  routes.get('/confirm/:token', async (c) => {
    const opened = await open(site, c.req.param('token'))
    if (opened === null) return problem(c, site, 'bad-link')
    const { state, isActive, frame, address } = opened
    if (state === 'open') return answerPage(c, confirmPage(frame, address, isActive))
    return settled(c, state, frame)
  })
  routes.post('/confirm/:token', async (c) => {
    const opened = await open(site, c.req.param('token'))
    if (opened === null) return problem(c, site, 'bad-link')
    const { link, isActive, frame, address } = opened
    const origin = {
      networkAddress: c.get('clientAddress'),
      wording: confirmConsent(frame.brand, frame.language, isActive),
    }
    const state = await confirmSubscription(site.db, link, frame.brand, origin, site.now())
    if (state === 'stayed') return answerPage(c, stayedPage(frame, address))
    if (state !== 'confirmed') return settled(c, state, frame)
    void site.ring('outbox', {})
    return answerPage(c, confirmedPage(frame, address))
  })
  return routes
}

type Frame = Readonly<{ base: string; brand: Brand; language: string }>
type Opened = Readonly<{
  link: Confirmation
  state: ConfirmationState
  isActive: boolean
  frame: Frame
  address: string
}>

/** null: no token of ours, or its newsletter is gone. */
async function open(site: Site, token: string): Promise<Opened | null> {
  const link = openConfirmToken(site.secrets, token)
  const brand = link && (await newsletterById(site.db, link.newsletterId))
  if (link === null || brand === null) return null
  const { state, isActive, address, language } = await readConfirmation(site.db, link, site.now())
  const frame = { base: site.base, brand, language: language ?? brand.language }
  return { link, state, isActive, frame, address: address ?? '' }
}

function settled(c: Context, state: Exclude<ConfirmationState, 'open'>, frame: Frame): Response {
  if (state === 'already') return answerPage(c, alreadyConfirmedPage(frame))
  return answerPage(c, expiredLinkPage(frame, CONFIRM_DAYS), 410)
}
