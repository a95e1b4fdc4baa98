import { expect, test } from 'vitest'
import { activeContent, lostWords, mailOf, mutatedIssue } from '../support/mutated-issues.ts'

// `npm run test:chaos` makes 10,000 of them.
const MUTATIONS = 60

test('issues of ours with a dozen changes are mails without a throw, without active content, and whole', async () => {
  for (let seed = 1; seed <= MUTATIONS; seed++) {
    const markdown = mutatedIssue(seed)
    const mail = await mailOf(markdown)
    if (mail === null) continue
    expect({ seed, active: activeContent(mail.html), lost: lostWords(markdown, mail) }).toEqual({
      seed,
      active: [],
      lost: [],
    })
  }
}, 120_000)
