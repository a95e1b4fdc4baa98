import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from 'smtp-server'
import type { Db } from '../../db/client.ts'
import type { Listen } from '../config.ts'
import { messageOf } from '../errors.ts'
import { type InboundToken, openInboundToken, recordInbound } from '../feedback/record.ts'
import type { Log } from '../log.ts'
import { listenNear } from '../mail/listen-near.ts'
import type { Queues } from '../queues.ts'
import type { Secrets } from '../secrets.ts'

export type DoorDeps = Readonly<{
  db: Db
  secrets: Secrets
  /** Right of the @ of every address that it takes. */
  domain: string
  listen: Listen
  ring: Queues['ring']
  log: Log
  clock?: () => Date
}>

export type Door = Readonly<{ port: number; close(): Promise<void> }>

/** Reports carry the mail that came back at most; more is nobody's bounce. */
const SIZE_LIMIT = 10 * 1024 * 1024
/** Bounds the memory: so many mails of that size at once. */
const MAX_CLIENTS = 50
const MAX_RECIPIENTS = 100
const CLOSE_TIMEOUT_MS = 5_000

/**
 * The SMTP server for what comes back. It knows its recipients at RCPT: addresses with a valid token of ours, and
 * nobody else; so it relays for nobody. smtp-server ends a message at CRLF . CRLF only, never at a bare LF. No AUTH,
 * and no STARTTLS either: there is no certificate here; a relay in front of it has one. A mail is committed before
 * its 250.
 * @returns the port it got: the next free one where `listen`'s is taken
 */
export async function startDoor(deps: DoorDeps): Promise<Door> {
  const server = new SMTPServer({
    name: deps.domain,
    banner: 'Postrider',
    disabledCommands: ['AUTH', 'STARTTLS', 'VRFY', 'HELP', 'WIZ', 'SHELL', 'KILL'],
    authOptional: true,
    // It counts against every client that does not log in, as none can here.
    maxAllowedUnauthenticatedCommands: false,
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    hideSMTPUTF8: true,
    size: SIZE_LIMIT,
    rejectOversized: true,
    maxClients: MAX_CLIENTS,
    maxRecipients: MAX_RECIPIENTS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    logger: false,
    onRcptTo: (address, _session, done) => {
      done(tokenOf(deps, address) === null ? reply(550, 'No such address here') : null)
    },
    onData: (stream, session, done) => {
      receive(deps, stream, session).then(
        () => done(null, 'OK: kept'),
        (error: unknown) => {
          deps.log.error({ err: messageOf(error) }, 'mail not taken; its sender will try again')
          done(reply(451, 'Cannot keep it now, try again later'))
        },
      )
    },
  })
  // Clients that vanish; what they did not finish was not taken.
  server.on('error', (error) => deps.log.debug({ err: messageOf(error) }, 'inbound connection'))
  const port = await listenNear(server.server, deps.listen)
  return Object.freeze({
    port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  })
}

function tokenOf(deps: DoorDeps, { address }: SMTPServerAddress): InboundToken | null {
  const at = address.lastIndexOf('@')
  if (address.slice(at + 1).toLowerCase() !== deps.domain.toLowerCase()) return null
  return openInboundToken(deps.secrets, address.slice(0, at), deps.clock?.() ?? new Date())
}

async function receive(
  deps: DoorDeps,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<void> {
  const raw = await readMail(stream)
  // The server answers 552 by itself.
  if (raw === null) return
  const tokens = session.envelope.rcptTo.flatMap((address) => tokenOf(deps, address) ?? [])
  const eventIds = await recordInbound(deps.db, raw, tokens)
  deps.log.info({ events: eventIds, octets: raw.length }, 'mail came in')
  for (const eventId of eventIds) {
    // Not awaited: the mail is ours now, with or without a doorbell.
    void deps.ring('feedback', { eventId }, { id: `feedback-${eventId}` })
  }
}

/** null: too large; read to its end all the same, and forgotten. */
async function readMail(stream: SMTPServerDataStream): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) {
    if (stream.sizeExceeded) chunks.length = 0
    else chunks.push(chunk as Buffer)
  }
  return stream.sizeExceeded ? null : Buffer.concat(chunks)
}

function reply(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode })
}
