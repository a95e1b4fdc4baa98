import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import { behaviourOf } from './behaviours.ts'
import type { Store } from './store.ts'

const SIZE_LIMIT = 40 * 1024 * 1024
const MAX_RECIPIENTS = 100
/** What is being received when the catcher is stopped. */
const CLOSE_TIMEOUT_MS = 2_000

/** Takes every mail for everybody, on disk before it says 250, and does what an address asks for in its name. */
export function createCatcherServer(store: Store, onOwedReport: () => void): SMTPServer {
  const deferredOnce = new Set<string>()
  const server = new SMTPServer({
    banner: 'Postrider catcher: nobody is mailed',
    // It never leaves the machine or the private network that it is reached by; no login, no certificate.
    disabledCommands: ['AUTH', 'STARTTLS'],
    authOptional: true,
    maxAllowedUnauthenticatedCommands: false,
    disableReverseLookup: true,
    // Its own guesses; ours are in the words.
    hideENHANCEDSTATUSCODES: true,
    size: SIZE_LIMIT,
    maxRecipients: MAX_RECIPIENTS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    logger: false,
    onRcptTo: ({ address }, _session, done) => done(answerRecipient(address, deferredOnce)),
    onData: (stream, session, done) => {
      receive(store, stream, session).then(
        (owesReport) => {
          done(null, 'caught')
          if (owesReport) onOwedReport()
        },
        () => done(refusal(452, '4.3.1', 'cannot write it down')),
      )
    },
  })
  // Clients that vanish; what they did not finish was not caught.
  server.on('error', () => {})
  return server
}

function answerRecipient(address: string, deferredOnce: Set<string>): Error | null {
  const behaviour = behaviourOf(address)
  if (behaviour === 'refuse')
    return refusal(550, '5.1.1', 'no such mailbox (asked for by its name)')
  const key = address.toLowerCase()
  if (behaviour !== 'defer' || deferredOnce.has(key)) return null
  deferredOnce.add(key)
  return refusal(451, '4.2.0', 'try again (asked for by its name)')
}

/** @returns whether a report is owed */
async function receive(
  store: Store,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<boolean> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) if (!stream.sizeExceeded) chunks.push(chunk as Buffer)
  if (stream.sizeExceeded) throw new Error('too large')
  const { mailFrom, rcptTo } = session.envelope
  const from = mailFrom ? mailFrom.address : ''
  const raw = Buffer.concat(chunks)
  const owes = rcptTo.map(({ address }) => from !== '' && behaviourOf(address) === 'bounce')
  await Promise.all(
    rcptTo.map(({ address }, i) =>
      store.keep({ from, to: address, raw, owesReport: owes[i] ?? false }),
    ),
  )
  return owes.includes(true)
}

function refusal(responseCode: number, enhanced: string, words: string): Error {
  return Object.assign(new Error(`${enhanced} ${words}`), { responseCode })
}
