import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take more than ten seconds, the longest first. Most of that they wait: for a lease, a lock or a retry to
 * be due. Those that are not here take one or two seconds, and work.
 */
const LONG: readonly string[] = [
  'test/chaos/feedback-kills.test.ts',
  'test/e2e/login.test.ts',
  'test/integration/embedded.test.ts',
  'test/chaos/delivery-kills.test.ts',
  'test/chaos/two-campaigns.test.ts',
  'test/chaos/delivery-postgres-restart.test.ts',
  'test/e2e/cli-send.test.ts',
  'test/e2e/delivery-processes.test.ts',
  'test/e2e/demo.test.ts',
  'test/e2e/feedback-circle.test.ts',
  'test/chaos/pause-at-speed.test.ts',
  'test/chaos/delivery-stops.test.ts',
  'test/chaos/mail-server-trouble.test.ts',
  'test/e2e/cli.test.ts',
  'test/unit/delivery-hostile.test.ts',
  'test/chaos/delivery-redis-flushed.test.ts',
  'test/chaos/readers-leaving.test.ts',
  'test/e2e/cli-issues.test.ts',
  'test/unit/issues-bounds.test.ts',
  'test/chaos/restored-backup.test.ts',
  'test/chaos/redis-gone.test.ts',
  'test/e2e/carry.test.ts',
  'test/e2e/start.test.ts',
  'test/chaos/webhooks-burst.test.ts',
  'test/e2e/emails-screens.test.ts',
  'test/e2e/preview.test.ts',
  'test/e2e/cli-images.test.ts',
  'test/chaos/full-disk.test.ts',
  'test/integration/workers.test.ts',
  'test/integration/poller-mailboxes.test.ts',
  'test/unit/messages-hostile-values.test.ts',
  'test/integration/delivery-limits.test.ts',
  'test/chaos/clock-jumps.test.ts',
  'test/integration/delivery-control.test.ts',
  'test/integration/delivery-promises.test.ts',
  'test/integration/db-sleepers.test.ts',
  'test/chaos/queues-killed-worker.test.ts',
  'test/integration/campaigns-prepare.test.ts',
  'test/integration/suppression-cli.test.ts',
  'test/e2e/keys.test.ts',
]

/**
 * The long ones first, and the others spread between them: while those wait, these work, and nothing long is left to
 * the end. Vitest itself goes by project and, where nothing has run before, by the size of files.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = (file: TestSpecification) =>
      LONG.indexOf(relative(file.project.vitest.config.root, file.moduleId))
    const group = (file: TestSpecification) => file.project.config.sequence.groupOrder
    const paced = files.filter((file) => group(file) > 0)
    const rest = (await super.sort(files)).filter((file) => group(file) === 0)
    const long = rest.filter((file) => place(file) >= 0).toSorted((a, b) => place(a) - place(b))
    const short = rest.filter((file) => place(file) < 0)
    return [...spread(long, short), ...paced]
  }
}

function spread<T>(long: readonly T[], short: readonly T[]): T[] {
  const each = Math.floor(short.length / (long.length + 1))
  const mixed = long.flatMap((one, i) => [one, ...short.slice(i * each, (i + 1) * each)])
  return [...mixed, ...short.slice(long.length * each)]
}
