import { type FetchOptions, type FetchResult, fetchSafely } from '../fetch-safely.ts'
import type { Finding } from '../issues/issue.ts'
import type { FoundAddress } from '../issues/links.ts'

/** An address of an issue, with where it stands. */
export type Asked = FoundAddress & Readonly<{ file: string }>

export type Answers = Readonly<{
  findings: Finding[]
  /** How many addresses came to each end. */
  counts: Readonly<Record<'ok' | 'dead' | 'slow' | 'forbidden' | 'other', number>>
}>

export type OnlineOptions = Readonly<{
  fetch?: (address: string, options: FetchOptions) => Promise<FetchResult>
  timeoutMs?: number
  onProgress?: (done: number, total: number) => void
}>

const AT_ONCE = 16
/** A site that is asked for twenty pages at once takes us for an attack. */
const AT_ONCE_PER_HOST = 2
const TIMEOUT_MS = 15_000

/** Asks each address once, however often it stands there; nothing is read but the status and the kind. */
export async function askAddresses(
  asked: readonly Asked[],
  options: OnlineOptions = {},
): Promise<Answers> {
  const places = new Map<string, Asked[]>()
  for (const each of asked) {
    if (!/^https?:/i.test(each.href)) continue
    const [url = ''] = each.href.split('#', 1)
    places.set(url, [...(places.get(url) ?? []), each])
  }
  const answers = new Map<string, FetchResult>()
  options.onProgress?.(0, places.size)
  await throughHosts([...places.keys()], async (url) => {
    answers.set(url, await ask(url, options))
    options.onProgress?.(answers.size, places.size)
  })
  const findings: Finding[] = []
  const counts = { ok: 0, dead: 0, slow: 0, forbidden: 0, other: 0 }
  for (const [url, where] of places) {
    const answer = answers.get(url)
    if (answer === undefined) continue
    counts[answer.outcome in counts ? (answer.outcome as 'ok') : 'other'] += 1
    for (const place of where) {
      const finding = findingOf(answer, place)
      if (finding !== null) findings.push(finding)
    }
  }
  return { findings, counts }
}

/** HEAD is cheap, and refused by many who answer GET. */
async function ask(url: string, options: OnlineOptions): Promise<FetchResult> {
  const fetch = options.fetch ?? fetchSafely
  const limits = { timeoutMs: options.timeoutMs ?? TIMEOUT_MS, maxBytes: 0 }
  const answer = await fetch(url, { ...limits, method: 'HEAD' })
  const again = answer.outcome === 'dead' || answer.outcome === 'forbidden'
  return again ? fetch(url, { ...limits, method: 'GET' }) : answer
}

/** Many hosts side by side, few questions to each. */
async function throughHosts(
  urls: readonly string[],
  work: (url: string) => Promise<void>,
): Promise<void> {
  const waiting = [...urls]
  const busy = new Map<string, number>()
  const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : url)
  let running = 0
  await new Promise<void>((done, fail) => {
    const next = () => {
      if (waiting.length === 0 && running === 0) return done()
      for (let i = 0; i < waiting.length && running < AT_ONCE; i++) {
        const url = waiting[i] as string
        const host = hostOf(url)
        const there = busy.get(host) ?? 0
        if (there >= AT_ONCE_PER_HOST) continue
        waiting.splice(i--, 1)
        busy.set(host, there + 1)
        running += 1
        work(url)
          .finally(() => {
            busy.set(host, (busy.get(host) ?? 1) - 1)
            running -= 1
          })
          .then(next, fail)
      }
    }
    next()
  })
}

type Words = Pick<Finding, 'severity' | 'what' | 'why' | 'fix'>

function findingOf(answer: FetchResult, { kind, href, file, line }: Asked): Finding | null {
  const shown = href.length <= 70 ? href : `${href.slice(0, 67)}…`
  const words = wordsFor(answer, kind, shown)
  return words === null ? null : { file, line, ...words }
}

function wordsFor(answer: FetchResult, kind: FoundAddress['kind'], shown: string): Words | null {
  const thing = kind === 'image' ? 'image' : 'link'
  switch (answer.outcome) {
    case 'ok':
      return kind === 'image' ? notAnImage(answer, shown) : null
    case 'dead':
      return deadWords(answer, thing, shown)
    case 'forbidden':
      return {
        severity: 'warning',
        what: `forbidden ${thing}: ${shown}: ${answer.reason}`,
        why: 'it is there, but does not answer to a program; a reader may see it, or a login',
        fix: 'open it in a private window',
      }
    case 'slow':
      return {
        severity: 'warning',
        what: `slow ${thing}: ${shown}: ${answer.reason}`,
        why: 'readers may give up before it answers',
        fix: 'try it again later, or link to another page',
      }
    case 'too-large':
      return null
    case 'bad-url':
    case 'refused-address':
      return {
        severity: 'error',
        what: `${thing} that was not asked: ${shown}: ${answer.reason}`,
        why: 'readers cannot reach it from where they are',
        fix: 'use an address that is public',
      }
  }
}

function deadWords(
  { status, reason }: Extract<FetchResult, { outcome: 'dead' }>,
  thing: string,
  shown: string,
): Words {
  const isTrouble = status !== null && status >= 500
  return {
    severity: isTrouble ? 'warning' : 'error',
    what: `${isTrouble ? 'failing' : 'dead'} ${thing}: ${shown}: ${reason}`,
    why: isTrouble ? 'its server is in trouble, maybe for a while' : 'readers would find nothing',
    fix: isTrouble ? 'try it again later' : 'mend the address, or take it out',
  }
}

function notAnImage(
  { headers }: Extract<FetchResult, { outcome: 'ok' }>,
  shown: string,
): Words | null {
  const type = headers['content-type'] ?? ''
  if (type === '' || /^(?:image\/|application\/octet-stream)/i.test(type)) return null
  return {
    severity: 'error',
    what: `this is no image: ${shown}: it is ${type.split(';', 1)[0]}`,
    why: 'readers would see an empty frame',
    fix: 'use the address of the picture itself, not of a page that shows it',
  }
}
