import type { Db } from '../../db/client.ts'
import { DEFAULT_POLICY, type PolicyConfig } from '../../src/config-policy.ts'
import type { FeedbackDeps } from '../../src/feedback/handle.ts'
import { createLog } from '../../src/log.ts'
import type { Secrets } from '../../src/secrets.ts'

/** What handling feedback needs, silent, with the policy that nobody has changed. */
export function feedbackDeps(
  db: Db,
  secrets: Secrets,
  policy: PolicyConfig = DEFAULT_POLICY,
): FeedbackDeps {
  return { db, secrets, policy, log: createLog('test', 'silent') }
}
