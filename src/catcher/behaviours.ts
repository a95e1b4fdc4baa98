/**
 * What the catcher does with a recipient, by words in the local part of the address. The first row whose word is in
 * it counts; any other address is simply accepted.
 *
 * | word     | RCPT                                     | after the final dot                                      |
 * | -------- | ---------------------------------------- | -------------------------------------------------------- |
 * | `refuse` | 550 5.1.1                                |                                                          |
 * | `defer`  | 451 4.2.0 the first time, then 250       | 250                                                      |
 * | `bounce` | 250                                      | 250, then a report (RFC 3464, 5.1.1) to the return path  |
 */
export const BEHAVIOURS = ['refuse', 'defer', 'bounce'] as const

export type Behaviour = (typeof BEHAVIOURS)[number] | 'accept'

export function behaviourOf(address: string): Behaviour {
  const local = address.slice(0, address.lastIndexOf('@')).toLowerCase()
  return BEHAVIOURS.find((word) => local.includes(word)) ?? 'accept'
}
