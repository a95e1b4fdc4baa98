import type { Command } from 'commander'
import { readReturnedMail } from '../../feedback/parse/mail.ts'
import type { BounceEvent, ReturnedMail } from '../../feedback/parse/returned-mail.ts'
import type { Bind } from '../context.ts'
import { count } from '../format.ts'
import { mailsIn, type NamedMail } from '../mails-in.ts'
import { examples } from '../options.ts'
import type { Terminal } from '../terminal.ts'

export function defineBounce(bounce: Command, bind: Bind): void {
  bounce.addHelpText('after', examples('postrider bounce inspect returned.eml'))
  const inspect = bounce
    .command('inspect')
    .argument('<path>', 'a mail, a mailbox file, a folder of them, or - for standard input')
    .description('say what came back: who failed, why, and whose fault it is; changes nothing')
    .addHelpText(
      'after',
      examples('postrider bounce inspect ./returned', 'postrider bounce inspect all.mbox --json'),
    )
  bind(inspect, async ({ terminal }, [path = '']) => {
    const tally: Record<string, number> = {}
    for await (const mail of mailsIn(path, process.stdin)) {
      const seen = inspection(mail, await readReturnedMail(mail.raw))
      terminal.object(seen)
      show(terminal, seen)
      const kinds = seen.kind === 'bounce' ? typesOf(seen) : [seen.kind]
      for (const kind of ['all', ...kinds]) tally[kind] = (tally[kind] ?? 0) + 1
    }
    terminal.note(sumUp(tally))
  })
}

/** A line of `--json`: DESIGN.md section 6. */
type Inspection = Readonly<{
  file: string
  kind: 'bounce' | 'complaint' | 'auto-reply' | 'other'
  recipients: readonly Recipient[]
}>

type Recipient = Readonly<{
  address: string | null
  type: BounceEvent['type']
  status: string | null
  reason: BounceEvent['reason']
  diagnostic: string | null
}>

function inspection({ name: file }: NamedMail, read: ReturnedMail): Inspection {
  switch (read.kind) {
    case 'bounce':
      return { file, kind: 'bounce', recipients: read.recipients.flatMap(failed) }
    case 'complaint': {
      const nothing = { type: null, status: null, reason: null, diagnostic: null }
      const recipients = read.recipients.map((address) => ({ address, ...nothing }))
      return { file, kind: 'complaint', recipients }
    }
    case 'auto-reply':
      return { file, kind: 'auto-reply', recipients: [] }
    case 'reply':
    case 'other':
      return { file, kind: 'other', recipients: [] }
  }
}

/** Not those whom the same report says it was delivered to. */
function failed(event: BounceEvent): Recipient[] {
  const { finalRecipient, originalRecipient, type, status, reason, diagnostic } = event
  if (type === null) return []
  const isAddress = finalRecipient?.includes('@') || originalRecipient === null
  const address = isAddress ? finalRecipient : originalRecipient
  return [{ address, type, status, reason, diagnostic }]
}

function show(terminal: Terminal, { file, kind, recipients }: Inspection): void {
  if (kind === 'auto-reply' || kind === 'other') {
    terminal.done(kind, file)
    return
  }
  if (recipients.length === 0) terminal.warn(kind, '(nobody named)', file)
  for (const { address, type, status, reason, diagnostic } of recipients) {
    const say = type === 'hard' || kind === 'complaint' ? terminal.wrong : terminal.warn
    const why = [reason, status].filter(Boolean).join(' ')
    say(type ?? kind, address ?? '(nobody named)', [why, file].filter(Boolean).join('   '))
    if (diagnostic !== null) terminal.more(diagnostic)
  }
}

/** Of a mail about several, each type once. */
const typesOf = ({ recipients }: Inspection) =>
  new Set(recipients.map(({ type }) => type ?? 'soft'))

function sumUp(tally: Readonly<Record<string, number>>): string {
  const kinds = ['hard', 'soft', 'block', 'complaint', 'auto-reply', 'other']
  const counts = kinds.flatMap((kind) => (tally[kind] ? [`${tally[kind]} ${kind}`] : []))
  return `${count(tally.all ?? 0, 'mail')}${counts.length > 0 ? `: ${counts.join(', ')}` : ''}`
}
