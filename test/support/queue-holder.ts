import { createLog } from '../../src/log.ts'
import { openQueues } from '../../src/queues.ts'

/** A child process that takes 'prepare' jobs, says so, and never answers: to be killed. Arguments: database, Redis. */
const [databaseUrl, redisUrl] = process.argv.slice(2)
if (databaseUrl === undefined) throw new Error('usage: queue-holder DATABASE_URL [REDIS_URL]')
const queues = await openQueues(
  { databaseUrl, redisUrl: redisUrl || null },
  createLog('holder', 'silent'),
)
queues.work(
  'prepare',
  ({ campaignId }) => {
    process.send?.(campaignId)
    return new Promise(() => {})
  },
  1,
)
