import { collectFindings } from '../finding.ts'
import type { Finding } from '../issue.ts'

/** Where Gmail cuts, as measured in HTML without headers; the foot with the way out is what goes. */
const GMAIL_CUTS_AT = 102 * 1024
/** Links grow when they are counted, and a reader's values are not in it yet. */
const NEARLY = 96 * 1024

/** Of the compiled message, holes not filled. */
export function checkSizes(
  { htmlBytes }: { htmlBytes: number; textBytes?: number },
  { file }: { file: string },
): Finding[] {
  const findings = collectFindings(file)
  const size = `${Math.round(htmlBytes / 1024)} KB`
  if (htmlBytes > GMAIL_CUTS_AT) {
    findings.warning(null, {
      what: `the HTML part has ${size}`,
      why: 'Gmail shows the first 102 KB, and the rest, with the link to unsubscribe, behind another click',
      fix: 'shorten the issue, or put its longest part on a page and link to it',
    })
  } else if (htmlBytes > NEARLY) {
    findings.warning(null, {
      what: `the HTML part has ${size}, nearly the 102 KB at which Gmail cuts`,
      why: 'what is filled in for a reader comes on top',
      fix: 'shorten the issue a little',
    })
  }
  return findings.list
}
