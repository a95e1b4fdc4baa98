import { expect, test } from 'vitest'
import { activeContent, lostWords, mailOf, mutatedIssue } from '../support/mutated-issues.ts'

const MUTATIONS = 10_000
/** Those of the short form come first. */
const FIRST = 61

test('ten thousand changed issues are mails without a throw, without active content, whole, each in two seconds', async () => {
  for (let seed = FIRST; seed < FIRST + MUTATIONS; seed++) {
    const markdown = mutatedIssue(seed)
    const mail = await mailOf(markdown)
    if (mail === null) continue
    expect({
      seed,
      active: activeContent(mail.html),
      lost: lostWords(markdown, mail),
      isSlow: mail.cpuMs > 2000,
    }).toEqual({ seed, active: [], lost: [], isSlow: false })
  }
}, 3_600_000)
