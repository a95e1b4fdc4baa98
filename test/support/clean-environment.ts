/** Everything of ours that could come from outside, and what pg would read behind our back. */
const OURS =
  /^(DATABASE_URL|REDIS_URL|SMTP_URL|PUBLIC_URL|TRUSTED_PROXIES|SENDER_ID|LOG_LEVEL|WEB_LISTEN|(INBOUND|CATCHER|DKIM|POSTRIDER)_.*|PG[A-Z]+)$/

/** Takes it out, in place, so that no test and no process of a test reads it. POSTRIDER_TEST_ALL stays. */
export function cleanEnvironment(env: Record<string, string | undefined> = process.env): void {
  for (const name of Object.keys(env)) {
    if (OURS.test(name) && name !== 'POSTRIDER_TEST_ALL') delete env[name]
  }
}
