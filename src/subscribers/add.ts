import type { Db } from '../../db/client.ts'
import { type ImportCount, importRows } from '../../db/queries/subscriber-import.ts'
import { PostriderError } from '../errors.ts'
import { parseAddress } from '../mail/address.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'
import type { Secrets } from '../secrets.ts'
import { requireConsent } from './import.ts'

export type AddInput = Readonly<{
  newsletter: Pick<Newsletter, 'id'>
  address: string
  consent: string
  attributes?: Readonly<Record<string, unknown>>
}>

/** `active`, `paused`, `unsubscribed`, `suppressed`: it was so before, and stays so. */
export type AddOutcome = keyof ImportCount

/**
 * One subscriber by hand, without a confirmation: the consent is the editor's to answer for.
 * @throws PostriderError bad-input
 */
export async function addSubscriber(
  db: Db,
  secrets: Secrets,
  input: AddInput,
  now: Date,
): Promise<AddOutcome> {
  const wording = requireConsent(input.consent)
  const parsed = parseAddress(input.address)
  if (!parsed.ok) {
    throw new PostriderError('bad-input', `"${input.address}" is no mail address: ${parsed.why}`, {
      place: 'address',
    })
  }
  const { address, key } = parsed.value
  const count = await importRows(db, {
    newsletterId: input.newsletter.id,
    rows: [
      {
        address,
        addressKey: key,
        addressHash: secrets.addressHash(key),
        attributes: input.attributes ?? {},
      },
    ],
    consent: { kind: 'added', source: 'command', wording, at: now },
  })
  const outcome = (Object.keys(count) as AddOutcome[]).find((part) => count[part] === 1)
  if (outcome === undefined) throw new Error('an address that was neither added nor known')
  return outcome
}
