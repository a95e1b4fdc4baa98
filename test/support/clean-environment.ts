/** Everything of ours that could come from outside, and what pg would read behind our back. */
const OURS =
  /^(DATABASE_URL|REDIS_URL|SMTP_URL|PUBLIC_URL|TRUSTED_PROXIES|SENDER_ID|LOG_LEVEL|WEB_LISTEN|(INBOUND|CATCHER|DKIM|POSTRIDER)_.*|PG[A-Z]+)$/

/** What our own tests say to each other. */
const KEPT = ['POSTRIDER_TEST_ALL', 'POSTRIDER_TEST_RUNS']

/** Takes it out, in place, so that no test and no process of a test reads it. */
export function cleanEnvironment(env: Record<string, string | undefined> = process.env): void {
  for (const name of Object.keys(env)) {
    if (OURS.test(name) && !KEPT.includes(name)) delete env[name]
  }
}
