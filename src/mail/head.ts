/**
 * More header than any honest mail has (Sendmail refuses above 32 KB, RFC 5321 names no limit), and as much as is
 * looked at anywhere: unfolding and splitting cost some fifty times the octets where every line holds one.
 */
export const LONGEST_HEAD = 256 * 1024

/** Where the empty line behind the header begins; of several, the first. null: there is none. */
function emptyLineAt(raw: Buffer): { at: number; length: number } | null {
  const crlf = raw.indexOf('\r\n\r\n')
  const upTo = crlf < 0 ? raw : raw.subarray(0, crlf)
  const lf = upTo.indexOf('\n\n')
  const mixed = upTo.indexOf('\n\r\n')
  if (lf >= 0 && (mixed < 0 || lf < mixed)) return { at: lf, length: 2 }
  if (mixed >= 0) return { at: mixed, length: 3 }
  return crlf < 0 ? null : { at: crlf, length: 4 }
}

/**
 * A mail's header as latin1 characters, without the empty line behind it, and where its body begins. Of a header that
 * is longer than `LONGEST_HEAD`, so much, with `isWhole` false.
 */
export function headOf(raw: Buffer): { head: string; bodyAt: number; isWhole: boolean } {
  const empty = emptyLineAt(raw)
  const end = empty?.at ?? raw.length
  const isWhole = end <= LONGEST_HEAD
  const head = raw.toString('latin1', 0, Math.min(end, LONGEST_HEAD))
  return { head, bodyAt: empty === null ? raw.length : empty.at + empty.length, isWhole }
}
