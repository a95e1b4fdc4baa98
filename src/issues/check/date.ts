import type { Findings } from '../finding.ts'
import type { Issue } from '../issue.ts'

const DAY_MS = 86_400_000
const FAR_DAYS = 180

/** A template's date is copied along for years. */
export function checkDate({ meta, lines }: Issue, now: Date | undefined, findings: Findings): void {
  if (now === undefined || meta.date === null) return
  const days = Math.round((Date.parse(`${meta.date}T00:00:00Z`) - now.getTime()) / DAY_MS)
  if (Math.abs(days) <= FAR_DAYS) return
  findings.warning(lines?.date ?? null, {
    what: `the date ${meta.date} is ${Math.abs(days)} days ${days < 0 ? 'ago' : 'ahead'}`,
    why: 'it stands at the top of the mail',
    fix: 'write the issue’s own date',
  })
}
