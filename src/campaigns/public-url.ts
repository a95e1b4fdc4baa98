/** Why links made from this PUBLIC_URL must not be mailed to real addresses; null where they may. Pure. */
export function publicUrlProblem(publicUrl: string | null): string | null {
  if (publicUrl === null) return 'PUBLIC_URL is not set'
  const url = URL.canParse(publicUrl) ? new URL(publicUrl) : null
  if (url === null) return `PUBLIC_URL (${publicUrl}) is no address`
  if (isLoopback(url.hostname))
    return `PUBLIC_URL (${publicUrl}) is reached from this machine alone`
  if (url.protocol !== 'https:') return `PUBLIC_URL (${publicUrl}) is not https`
  return null
}

/** `hostname` as URL writes it: 127.1 is 127.0.0.1 by then, and an IPv6 address stands in brackets. */
function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/\.$/, '')
  return (
    /(^|\.)localhost$/.test(host) ||
    /^(127\.\d+\.\d+\.\d+|0\.0\.0\.0)$/.test(host) ||
    /^\[(::1?|::ffff:(7f[0-9a-f]{2}|0):[0-9a-f]+)\]$/.test(host)
  )
}
