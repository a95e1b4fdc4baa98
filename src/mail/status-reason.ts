import type { BounceReason } from './bounce-reason.ts'

/**
 * What a status code means where no words say more (RFC 3463, RFC 7505, RFC 7372 and the register of IANA), and as
 * the large providers use it. The first digit is not asked here: 4.1.1 is no dead address.
 */
const MEANINGS: Readonly<Record<string, BounceReason>> = {
  '1.0': 'unclear',
  '1.1': 'unknown-user',
  '1.2': 'unknown-host',
  // Sendmail makes it of every 553.
  '1.3': 'perhaps-unknown',
  '1.4': 'unclear',
  '1.5': 'unclear',
  '1.6': 'moved',
  '1.7': 'sender',
  '1.8': 'sender-dns',
  '1.9': 'network',
  '1.10': 'accepts-no-mail',
  // Google, Exchange: a disabled mailbox, or one that gets mail too fast.
  '2.1': 'disabled',
  '2.2': 'mailbox-full',
  '2.3': 'too-large',
  '2.4': 'system-error',
  '3.1': 'system-error',
  '3.2': 'system-error',
  '3.3': 'system-error',
  '3.4': 'too-large',
  '3.5': 'system-error',
  '4.1': 'network',
  '4.2': 'network',
  '4.3': 'network',
  '4.4': 'network',
  '4.5': 'system-error',
  '4.6': 'loop',
  '4.7': 'expired',
  '5.3': 'rate',
  '6.7': 'malformed',
  '7.20': 'authentication',
  '7.21': 'authentication',
  '7.22': 'authentication',
  '7.23': 'authentication',
  '7.24': 'authentication',
  '7.25': 'sender-dns',
  '7.26': 'authentication',
  // Google: no SPF. The register: a sender whose domain takes no mail.
  '7.27': 'authentication',
  '7.28': 'rate',
  '7.29': 'security',
  '7.30': 'authentication',
  '7.31': 'authentication',
  '7.32': 'authentication',
  '7.40': 'authentication',
  '7.509': 'authentication',
  '7.515': 'authentication',
}

/** By the second digit, where the third says nothing. */
const SUBJECTS: Readonly<Record<string, BounceReason>> = {
  '1': 'unclear',
  '2': 'unclear',
  '3': 'system-error',
  '4': 'network',
  '5': 'malformed',
  '6': 'content',
  '7': 'policy',
}

/** `5.1.1` → unknown-user; of 4.x.x nothing is for good. */
export function reasonOfStatus(status: string): BounceReason {
  const [digit, subject = '', detail = ''] = status.split('.')
  const meaning = MEANINGS[`${subject}.${detail}`] ?? SUBJECTS[subject] ?? 'unclear'
  const isDead = meaning === 'unknown-user' || meaning === 'unknown-host' || meaning === 'moved'
  return digit !== '5' && (isDead || meaning === 'accepts-no-mail') ? 'system-error' : meaning
}
