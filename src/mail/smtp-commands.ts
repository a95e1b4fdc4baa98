import type { Extensions } from './smtp-connect.ts'
import { mailCommand } from './smtp-message.ts'
import type { Turn } from './smtp-turn.ts'

/** What a reply is awaited to. */
export type Awaited = 'mail' | 'rcpt' | 'data' | 'dot' | 'empty-dot' | 'rset' | 'quit'
export type Command = Readonly<{ awaits: Awaited; turn: Turn | null; text: string }>

export type Patience = Readonly<{ silenceTimeoutMs: number; envelopeTimeoutMs: number }>

/** RFC 5321 4.5.3.2.5: how long a block of a message may take to be written. */
const BLOCK_TIMEOUT_MS = 3 * 60_000
/** RFC 5321 4.5.3.2.4 */
const DATA_TIMEOUT_MS = 2 * 60_000
const QUIT_TIMEOUT_MS = 2_000

export const QUIT: Command = { awaits: 'quit', turn: null, text: 'QUIT\r\n' }
export const RSET: Command = { awaits: 'rset', turn: null, text: 'RSET\r\n' }

export function envelopeCommands(turn: Turn, extensions: Extensions): Command[] {
  return [
    { awaits: 'mail', turn, text: mailCommand(turn.job, extensions) },
    { awaits: 'rcpt', turn, text: `RCPT TO:<${turn.job.envelope.to}>\r\n` },
    { awaits: 'data', turn, text: 'DATA\r\n' },
  ]
}

export function textOf(commands: readonly Command[]): string {
  return commands.map(({ text }) => text).join('')
}

/** How long a server may be silent that owes this reply. */
export function patienceMs(
  awaits: Awaited | undefined,
  mayBeWhole: boolean,
  { silenceTimeoutMs, envelopeTimeoutMs }: Patience,
): number {
  switch (awaits) {
    case 'dot':
    case 'empty-dot':
      return mayBeWhole ? silenceTimeoutMs : Math.min(silenceTimeoutMs, BLOCK_TIMEOUT_MS)
    case 'data':
      return Math.min(silenceTimeoutMs, envelopeTimeoutMs, DATA_TIMEOUT_MS)
    case 'quit':
      return QUIT_TIMEOUT_MS
    default:
      return Math.min(silenceTimeoutMs, envelopeTimeoutMs)
  }
}
