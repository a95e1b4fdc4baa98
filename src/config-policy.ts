/** How many bounces and complaints are too many, in percent of what was sent. */
export type GuardLevel = Readonly<{ bouncePercent: number; complaintPercent: number }>

/** What follows from what comes back, for the whole installation. */
export type PolicyConfig = Readonly<{
  /** So many soft bounces over at least so many days, with no success between, suppress for `suppressDays`. */
  soft: Readonly<{ count: number; days: number; suppressDays: number }>
  /** Over 7 days. */
  guard: Readonly<{ warn: GuardLevel; stop: GuardLevel }>
  /** How long raw mails, payloads and replies are kept. */
  evidenceDays: number
}>

export const DEFAULT_POLICY: PolicyConfig = {
  soft: { count: 5, days: 14, suppressDays: 90 },
  guard: {
    warn: { bouncePercent: 4, complaintPercent: 0.08 },
    stop: { bouncePercent: 8, complaintPercent: 0.3 },
  },
  evidenceDays: 180,
}

type Read = <T>(name: string, parse: (value: string) => T, fallback: T) => T

export function readPolicy(read: Read, wrong: string[]): PolicyConfig {
  const { soft, guard, evidenceDays } = DEFAULT_POLICY
  const [count, days] = read('SOFT_BOUNCES', parseSeries, [soft.count, soft.days] as const)
  const warn = read('GUARD_WARN', parseLevel, guard.warn)
  const stop = read('GUARD_STOP', parseLevel, guard.stop)
  if (warn.bouncePercent > stop.bouncePercent || warn.complaintPercent > stop.complaintPercent) {
    wrong.push('GUARD_WARN is above GUARD_STOP')
  }
  return {
    soft: {
      count,
      days,
      suppressDays: read('SOFT_SUPPRESSION_DAYS', parseDays, soft.suppressDays),
    },
    guard: { warn, stop },
    evidenceDays: read('EVIDENCE_DAYS', parseDays, evidenceDays),
  }
}

/** `5/14`: so many over so many days. */
function parseSeries(value: string): readonly [count: number, days: number] {
  const [, count, days] = /^(\d{1,3})\/(\d{1,3})$/.exec(value) ?? []
  if (!Number(count) || days === undefined) throw new Error('is no COUNT/DAYS such as 5/14')
  return [Number(count), Number(days)]
}

/** `4/0.08`: percent of bounces, percent of complaints. */
function parseLevel(value: string): GuardLevel {
  const [, bounces, complaints] = /^(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/.exec(value) ?? []
  const level = { bouncePercent: Number(bounces), complaintPercent: Number(complaints) }
  const fits = (percent: number) => percent > 0 && percent <= 100
  if (!fits(level.bouncePercent) || !fits(level.complaintPercent)) {
    throw new Error('is no BOUNCES/COMPLAINTS in percent such as 4/0.08')
  }
  return level
}

function parseDays(value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) < 1) throw new Error('is no number of days')
  return Number(value)
}
