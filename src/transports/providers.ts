import { getDomain } from 'tldts'

/**
 * Who runs many mailboxes, and how much of a stranger's mail it takes to start with. Starting values and no promises:
 * what a provider replies counts for more (reply-rules.ts), and an operator's own numbers for everything.
 */
export type Profile = Readonly<{
  name: string
  /** It is theirs if every MX host of a domain ends so. */
  mx: readonly string[]
  /** Theirs without asking DNS: where most of their readers are. */
  domains: readonly string[]
  /** Messages at once, and a second; null: no number of their own. For handing over straight to them. */
  inFlight: number | null
  perSecond: number | null
}>

export const PROFILES: readonly Profile[] = [
  {
    name: 'google',
    mx: ['.google.com', '.googlemail.com'],
    domains: ['gmail.com', 'googlemail.com'],
    ...{ inFlight: 5, perSecond: null },
  },
  {
    name: 'yahoo',
    mx: ['.yahoodns.net'],
    domains: [
      ...['yahoo.com', 'ymail.com', 'rocketmail.com', 'aol.com', 'aim.com', 'myyahoo.com'],
      ...[
        'yahoo.co.uk',
        'yahoo.fr',
        'yahoo.de',
        'yahoo.it',
        'yahoo.es',
        'yahoo.ca',
        'yahoo.com.br',
      ],
    ],
    ...{ inFlight: null, perSecond: null },
  },
  {
    name: 'outlook',
    mx: ['.olc.protection.outlook.com'],
    domains: [
      ...['outlook.com', 'hotmail.com', 'live.com', 'msn.com', 'outlook.de', 'outlook.fr'],
      ...['hotmail.co.uk', 'hotmail.fr', 'hotmail.de', 'hotmail.it', 'live.co.uk', 'live.fr'],
    ],
    ...{ inFlight: 5, perSecond: null },
  },
  {
    name: 'microsoft365',
    mx: ['.mail.protection.outlook.com', '.mx.microsoft'],
    domains: [],
    ...{ inFlight: 5, perSecond: null },
  },
  {
    name: 'apple',
    mx: ['.icloud.com'],
    domains: ['icloud.com', 'me.com', 'mac.com'],
    ...{ inFlight: 10, perSecond: null },
  },
  {
    name: 'qq',
    mx: ['.qq.com'],
    domains: ['qq.com', 'vip.qq.com', 'foxmail.com'],
    ...{ inFlight: 4, perSecond: null },
  },
  {
    name: 'netease',
    mx: ['.netease.com'],
    domains: ['163.com', '126.com', 'yeah.net', '188.com', 'vip.163.com', 'vip.126.com'],
    ...{ inFlight: 4, perSecond: null },
  },
  {
    name: 'gmx',
    mx: ['.gmx.net', '.web.de'],
    domains: ['gmx.net', 'gmx.de', 'gmx.at', 'gmx.ch', 'gmx.com', 'web.de'],
    ...{ inFlight: 4, perSecond: null },
  },
  {
    name: 'orange',
    mx: ['.orange.fr'],
    domains: ['orange.fr', 'wanadoo.fr'],
    ...{ inFlight: 2, perSecond: null },
  },
  {
    name: 'yahoo-japan',
    mx: ['.yahoo.co.jp'],
    domains: ['yahoo.co.jp', 'ybb.ne.jp'],
    ...{ inFlight: 2, perSecond: 10 },
  },
  {
    name: 'comcast',
    mx: ['.comcast.net'],
    domains: ['comcast.net'],
    ...{ inFlight: 25, perSecond: null },
  },
  { name: 'mimecast', mx: ['.mimecast.com'], domains: [], ...{ inFlight: 10, perSecond: null } },
]

/**
 * Whose mailboxes a domain's are: a profile's name, else the name that all its MX hosts are under, else the domain
 * itself (no answer, no MX, several hosts that do not belong together).
 */
export function hostOf(domain: string, mxHosts: readonly string[]): string {
  const hosts = mxHosts.map((host) => host.toLowerCase().replace(/\.$/, ''))
  if (hosts.length === 0) return domain
  const profile = PROFILES.find(({ mx }) =>
    hosts.every((host) => mx.some((suffix) => `.${host}`.endsWith(suffix))),
  )
  if (profile) return profile.name
  const names = new Set(hosts.map((host) => getDomain(host) ?? host))
  const [name] = names
  return names.size === 1 && name !== undefined ? name : domain
}

/** Domains whose provider is known without asking. */
export const KNOWN_DOMAINS: readonly Readonly<{ domain: string; host: string }>[] =
  PROFILES.flatMap(({ name, domains }) => domains.map((domain) => ({ domain, host: name })))
