import { CompiledQuery } from 'kysely'
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { Db } from './client.ts'

export type Limit = Readonly<{
  /** Counts one for `key`. Throws where it cannot be counted: then it is not allowed. */
  take(key: string): Promise<{ allowed: true } | { allowed: false; retryAfterMs: number }>
}>

/** At most `points` in `durationMs` for each key, counted in the table `limits` for all processes together. */
export function createLimit(
  db: Db,
  options: Readonly<{ name: string; points: number; durationMs: number }>,
): Limit {
  const limiter = new RateLimiterPostgres({
    storeClient: {
      async query({ text, values }: { text: string; values?: unknown[] }) {
        const { rows } = await db.executeQuery(CompiledQuery.raw(text, values ?? []))
        return { rows, rowCount: rows.length }
      },
    },
    storeType: 'pool',
    tableName: 'limits',
    tableCreated: true,
    // Its timer holds no process; counts that have run out do not pile up.
    clearExpiredByTimeout: true,
    keyPrefix: options.name,
    points: options.points,
    duration: options.durationMs / 1_000,
  })
  return {
    async take(key) {
      try {
        await limiter.consume(key)
        return { allowed: true }
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) {
          return { allowed: false, retryAfterMs: refusal.msBeforeNext }
        }
        throw refusal
      }
    },
  }
}
