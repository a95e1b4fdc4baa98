/** What a provider wants where it asks for less. `perMinute` 0: nothing at all for that time. */
export type Slow = Readonly<{ perMinute: number; inFlight?: number; minutes: number }>

export type Rule = Readonly<{
  /** Under which it is counted and shown. */
  name: string
  /** null: anybody may say so. */
  provider: string | null
  /** Held against `550 5.7.1 what it said`. */
  says: RegExp
  /** Acted upon once it was said so often within an hour. */
  times: number
  slow: Slow
  /** A 5xx of it is no last word: the message waits and is tried again. */
  repeats: boolean
}>

const HOUR = 60
const stop = (minutes: number): Slow => ({ perMinute: 0, minutes })
const slow = (perMinute: number, minutes: number): Slow => ({ perMinute, minutes })
const oneByOne = (minutes: number): Slow => ({ perMinute: 60, inFlight: 1, minutes })
const rule = (
  provider: string | null,
  name: string,
  says: RegExp,
  times: number,
  answer: Slow,
  repeats = false,
): Rule => ({ name, provider, says, times, slow: answer, repeats })

/**
 * Replies that ask for less, by who says them; the first that fits counts. Those of a provider come before what anybody
 * may say. They are about us or the relay and never about a reader.
 */
export const RULES: readonly Rule[] = [
  rule('google', 'unusual rate', /an unusual rate/i, 2, slow(10, 30), true),
  rule('google', 'suspicious', /our system has detected that this message/i, 5, stop(HOUR)),
  rule('google', 'rate of address or domain', /\b4\.7\.28\b/, 2, slow(10, 30), true),
  rule('yahoo', 'TS02', /\[TS02\]/i, 3, slow(1, 30), true),
  rule('yahoo', 'TS03', /\[TS03\]/i, 3, slow(10, 30), true),
  rule('yahoo', 'TS04', /\[(TS|TSS|IPTS)04\]/i, 1, stop(2 * HOUR), true),
  rule('yahoo', 'TSS05', /\[(TSS|IPTS)05\]/i, 1, stop(4 * HOUR), true),
  rule('yahoo', 'block list', /553 5\.7\.1 \[BL/i, 5, stop(2 * HOUR)),
  rule('outlook', 'block list', /part of their network is on our block list/i, 5, stop(2 * HOUR)),
  rule('outlook', 'rate limited', /has been temporarily rate limited/i, 3, slow(10, 30), true),
  rule(
    'outlook',
    'connections',
    /exceeded the maximum number of connections/i,
    2,
    oneByOne(HOUR),
    true,
  ),
  rule('outlook', 'busy', /server busy/i, 3, slow(1, 15), true),
  rule('outlook', 'rate', /451 4\.7\.65[01]\b|421.*\bRP-00[1-3]\b/i, 1, slow(10, 30), true),
  rule('outlook', 'reputation', /550 5\.7\.1.*\b(S3150|(SC|DY|OU)-\d+)/i, 1, stop(2 * HOUR)),
  rule('apple', 'HCM1', /\[HCM1\]/i, 3, stop(15), true),
  rule('apple', 'unavailable', /service unavailable/i, 5, stop(15), true),
  rule('apple', 'block list', /spamhaus DBL/i, 3, stop(4 * HOUR)),
  rule('qq', 'frequency', /(sender|ip|connection|domain) frequency limited/i, 1, stop(HOUR), true),
  rule('qq', 'content', /mail content denied/i, 5, stop(HOUR)),
  rule('qq', 'too fast', /mailbox unavailable or access denied/i, 3, slow(10, 30), true),
  rule('netease', 'spam, for now', /451.*\bDT:SPM/i, 5, stop(15), true),
  rule('netease', 'connections', /421.*too many connections/i, 1, oneByOne(HOUR), true),
  rule('netease', 'spam', /554.*\bDT:SPM/i, 2, oneByOne(HOUR)),
  rule('netease', 'daily limit', /550.*\bRP:ORQ|554.*\bHL:ITC/i, 2, stop(HOUR), true),
  rule('gmx', 'connections', /too many connections/i, 3, oneByOne(HOUR), true),
  rule('gmx', 'policy', /policy restrictions/i, 5, slow(1, HOUR)),
  rule('orange', 'connections', /trop de connexions/i, 2, oneByOne(HOUR), true),
  rule('orange', 'refused', /service refus/i, 2, stop(HOUR), true),
  rule(
    null,
    'deferred for an address',
    /temporarily deferred.*(\bIP\b|\d+(\.\d+){3})|(\bIP\b|\d+(\.\d+){3}).*temporarily deferred/i,
    1,
    { perMinute: 1, inFlight: 1, minutes: 90 },
    true,
  ),
  rule(
    null,
    'reputation',
    /rate limited due to IP reputation/i,
    1,
    { perMinute: 1, inFlight: 1, minutes: 90 },
    true,
  ),
  rule(
    null,
    'busy',
    /server busy\.? please try again later/i,
    1,
    { perMinute: 1, inFlight: 1, minutes: 90 },
    true,
  ),
  rule(
    null,
    'too many',
    /too many (connections|messages|recipients|mails)/i,
    3,
    slow(30, 15),
    true,
  ),
  rule(
    null,
    'rate',
    /\brate[ -]?(limit|limited|exceeded)|sending (too fast|rate)/i,
    3,
    slow(30, 15),
    true,
  ),
]

/** Authentication, DNS or TLS of ours: nothing to do with the reader, and it mends by no waiting. */
export const OURS: readonly Readonly<{ provider: string; says: RegExp; mend: string }>[] = [
  {
    provider: 'google',
    says: /\b4\.7\.23\b|\b5\.7\.25\b/,
    mend: 'the sending address has no PTR record, or its name does not lead back to it',
  },
  {
    provider: 'google',
    says: /\b[45]\.7\.(24|27)\b/,
    mend: 'SPF does not pass: the relay is not in the record of the sending domain',
  },
  {
    provider: 'google',
    says: /\b[45]\.7\.26\b/,
    mend: 'the mail is not authenticated: SPF or DKIM must pass, and DMARC with them',
  },
  { provider: 'google', says: /\b[45]\.7\.29\b/, mend: 'the relay does not use TLS' },
  { provider: 'google', says: /\b[45]\.7\.30\b/, mend: 'DKIM does not pass' },
  {
    provider: 'google',
    says: /\b4\.7\.31\b|\b[45]\.7\.40\b/,
    mend: 'the sending domain has no DMARC record',
  },
  {
    provider: 'google',
    says: /\b[45]\.7\.32\b/,
    mend: 'neither SPF nor DKIM is aligned with the From domain',
  },
  {
    provider: 'outlook',
    says: /550 5\.7\.515\b/,
    mend: 'the sending domain lacks what Microsoft demands: SPF and DKIM both, and a DMARC record',
  },
]

/** A 5xx that says "not now": a mailbox that receives too fast, which others would call disabled. */
export const NOT_NOW: readonly Readonly<{ provider: string; says: RegExp }>[] = [
  { provider: 'google', says: /550 5\.2\.1\b/ },
]
