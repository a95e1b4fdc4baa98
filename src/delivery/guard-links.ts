import { publicUrlProblem } from '../campaigns/public-url.ts'
import { isReservedDomain } from '../mail/address.ts'
import { replyOfNobody } from '../mail/reply.ts'
import type { Sender } from '../mail/smtp.ts'

/**
 * A sender that hands no mail to a real address while links made from this `publicUrl` would lead nowhere: nobody could
 * leave by such a mail. `send` asks the same before a campaign is made, but by the environment of another process.
 */
export function guardLinks(
  sender: Sender,
  options: Readonly<{ publicUrl: string; transportKind: 'smtp' | 'catcher' }>,
): Sender {
  const problem = options.transportKind === 'smtp' ? publicUrlProblem(options.publicUrl) : null
  if (problem === null) return sender
  const reply = replyOfNobody(`${problem}: set it where the workers run`)
  return Object.freeze({
    ...sender,
    async send(envelope, bytes, sending) {
      const domain = envelope.to.slice(envelope.to.lastIndexOf('@') + 1)
      if (isReservedDomain(domain)) return sender.send(envelope, bytes, sending)
      return { outcome: 'not-begun', fault: 'refused', reply }
    },
  } satisfies Sender)
}
