import type { Extensions } from './smtp-connect.ts'
import { mailCommand } from './smtp-message.ts'
import { mayBeWhole, type Turn } from './smtp-turn.ts'

/** What a reply is awaited to. */
export type Awaited = 'mail' | 'rcpt' | 'data' | 'dot' | 'bdat' | 'empty-dot' | 'rset' | 'quit'
export type Command = Readonly<{ awaits: Awaited; turn: Turn | null; text: string }>

export type Patience = Readonly<{ silenceTimeoutMs: number; envelopeTimeoutMs: number }>

/** RFC 5321 4.5.3.2.5: how long a block of a message may take to be written. */
const BLOCK_TIMEOUT_MS = 3 * 60_000
/** RFC 5321 4.5.3.2.4 */
const DATA_TIMEOUT_MS = 2 * 60_000
export const QUIT_TIMEOUT_MS = 2_000

export const QUIT: Command = { awaits: 'quit', turn: null, text: 'QUIT\r\n' }
export const RSET: Command = { awaits: 'rset', turn: null, text: 'RSET\r\n' }

export function envelopeCommands(turn: Turn, extensions: Extensions): Command[] {
  return [
    { awaits: 'mail', turn, text: mailCommand(turn.job, extensions) },
    { awaits: 'rcpt', turn, text: `RCPT TO:<${turn.job.envelope.to}>\r\n` },
    { awaits: 'data', turn, text: 'DATA\r\n' },
  ]
}

/** RFC 3030: the octets follow at once, none is stuffed and no dot ends them. */
export function chunkCommands(turn: Turn, extensions: Extensions): Command[] {
  const text = `BDAT ${turn.job.octets} LAST\r\n`
  return [...envelopeCommands(turn, extensions).slice(0, -1), { awaits: 'bdat', turn, text }]
}

export function textOf(commands: readonly Command[]): string {
  return commands.map(({ text }) => text).join('')
}

/** How long a server may be silent that owes this reply. */
export function patienceMs(
  command: Command | undefined,
  { silenceTimeoutMs, envelopeTimeoutMs }: Patience,
): number {
  switch (command?.awaits) {
    case 'dot':
    case 'bdat':
      if (command.turn !== null && mayBeWhole(command.turn)) return silenceTimeoutMs
      return Math.min(silenceTimeoutMs, BLOCK_TIMEOUT_MS)
    case 'empty-dot':
      return silenceTimeoutMs
    case 'data':
      return Math.min(silenceTimeoutMs, envelopeTimeoutMs, DATA_TIMEOUT_MS)
    case 'quit':
      return QUIT_TIMEOUT_MS
    default:
      return Math.min(silenceTimeoutMs, envelopeTimeoutMs)
  }
}
