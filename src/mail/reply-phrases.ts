import type { BounceReason } from './bounce-reason.ts'

/**
 * What servers write, by reason. The first that fits counts, so the order says which words weigh more: those about
 * us before those about the address, since a reply that speaks of both ("unknown or blocked") must not cost a reader.
 * Texts come in lower case, without addresses, links, host names and codes: see classify-reply.ts.
 */
export type Phrases = readonly (readonly [BounceReason, RegExp])[]

export function any(...alternatives: string[]): RegExp {
  return new RegExp(alternatives.join('|'))
}
