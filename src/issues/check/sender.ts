import { collectFindings, type Findings } from '../finding.ts'
import type { Finding } from '../issue.ts'

/** What Google's sender rules say of the name that a mail comes from. */
export function checkSender(
  { name, address }: { name: string; address: string },
  { file }: { file: string },
): Finding[] {
  const findings = collectFindings(file)
  checkName(name, address, findings)
  return findings.list
}

function checkName(name: string, address: string, findings: Findings): void {
  const emoji = /[\p{Emoji_Presentation}\u2705\u2713\u2714\u2611\u2b50\u{1f512}]|\ufe0f/u.exec(name)
  if (emoji) {
    findings.warning(null, {
      what: `the sender's name has an emoji or a check mark in it: ${name}`,
      why: 'Google’s sender rules forbid them there: they look like its own signs for checked senders',
      fix: 'write the newsletter’s name in letters',
    })
  }
  const other = /[\w.+-]+@([\w-]+(?:\.[\w-]+)+)/.exec(name)?.[1]?.toLowerCase()
  const own = address.split('@').at(-1)?.toLowerCase()
  if (other !== undefined && other !== own) {
    findings.warning(null, {
      what: `the sender's name shows an address at ${other}, and the mail comes from ${own}`,
      why: 'filters take that for a fraud',
      fix: 'write the newsletter’s name, and no address',
    })
  }
  if (/^(?:re|fwd?|aw|wg)\s*:/i.test(name.trim())) {
    findings.warning(null, {
      what: `the sender's name begins like an answer: ${name}`,
      why: 'Google’s sender rules forbid names that deceive',
      fix: 'write the newsletter’s name',
    })
  }
  const letters = name.match(/\p{L}/gu)?.length ?? 0
  if (letters === 0) {
    findings.warning(null, {
      what: `the sender's name has no letters: "${name}"`,
      why: 'readers know you by it, and filters distrust names that are none',
      fix: 'write the newsletter’s name',
    })
  }
}
