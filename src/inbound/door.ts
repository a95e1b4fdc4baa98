import type { Socket } from 'node:net'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import type { Db } from '../../db/client.ts'
import type { Listen } from '../config.ts'
import { messageOf, PostriderError } from '../errors.ts'
import { findDestination } from '../feedback/destination.ts'
import { type Destination, recordInbound } from '../feedback/record.ts'
import { createRefusals, type Refusals } from '../feedback/refusals.ts'
import type { Log } from '../log.ts'
import { headOf, LONGEST_HEAD } from '../mail/head.ts'
import { listenNear } from '../mail/listen-near.ts'
import type { Queues } from '../queues.ts'
import type { Secrets } from '../secrets.ts'
import { createPeers, type Peers, plainAddress } from './peers.ts'

export type DoorDeps = Readonly<{
  db: Db
  secrets: Secrets
  /** Right of the @ of every address that it takes. */
  domain: string
  listen: Listen
  ring: Queues['ring']
  log: Log
  clock?: () => Date
  /** LMTP (RFC 2033) is for a mail server of ours in front of it. Default: smtp */
  protocol?: 'smtp' | 'lmtp'
  /** PEM; null or left out: no STARTTLS. */
  tls?: Certificate | null
  /** When the port is taken. Default: next, the next free one. */
  taken?: 'next' | 'refuse'
  /** Of each client but those on this machine. */
  mailsAMinute?: number
  /** No connection lasts longer; default 10 minutes. */
  connectionMs?: number
}>

export type Certificate = Readonly<{ cert: Buffer; key: Buffer }>

export type Door = Readonly<{
  port: number
  /** For the connections to come. */
  renewCertificate(tls: Certificate): void
  close(): Promise<void>
}>

/** Reports carry the mail that came back at most; more is nobody's bounce. */
const SIZE_LIMIT = 10 * 1024 * 1024
/** Bounds the memory: so many mails of that size at once. */
const MAX_CLIENTS = 50
const MAX_RECIPIENTS = 100
const EMPTY_LINE = '\r\n\r\n'.length
/** In one connection; who asks for more names is guessing. */
const MAX_UNKNOWN = 20
const MAILS_A_MINUTE = 6_000
const CLOSE_TIMEOUT_MS = 5_000
const IDLE_TIMEOUT_MS = 60_000
/** Enough for the largest mail at 150 kbit/s; who says a word a minute would keep a place for ever. */
const CONNECTION_MS = 10 * 60_000

/** What the connection has learned of its recipients, by address. */
type Known = { destinations: Map<string, Destination>; unknown: number }

/**
 * The server for what comes in by mail. It knows its recipients at RCPT: addresses with a valid token of ours, and the
 * few that have a name; so it relays for nobody. smtp-server ends a message at CRLF . CRLF only, never at a bare LF or
 * CR. No AUTH. A mail is committed before its 250.
 * @throws PostriderError unavailable where the port is taken and `taken` says refuse
 */
export async function startDoor(deps: DoorDeps): Promise<Door> {
  const peers = createPeers(deps.mailsAMinute ?? MAILS_A_MINUTE)
  const refusals = createRefusals(deps.db, deps.log)
  const known = new WeakMap<SMTPServerSession, Known>()
  const server = new SMTPServer({
    ...manners(deps),
    onConnect: (session, done) => {
      const isIn = peers.enter(session.id, peerOf(session))
      done(isIn ? null : reply(421, 'Too many connections from you, try again later'))
    },
    onClose: (session) => peers.leave(session.id, peerOf(session)),
    onMailFrom: (_address, session, done) => {
      const { unknown } = known.get(session) ?? { unknown: 0 }
      known.set(session, { destinations: new Map(), unknown })
      void peers
        .mayPost(peerOf(session))
        .then((may) => done(may ? null : reply(451, 'Too much mail from you, try again later')))
    },
    onRcptTo: ({ address }, session, done) => {
      const knows = known.get(session) ?? { destinations: new Map(), unknown: 0 }
      known.set(session, knows)
      void admit({ ...deps, peers, refusals }, knows, address, peerOf(session)).then(done)
    },
    onData: (stream, session, done) => {
      receive(deps, stream, session, known.get(session)).then(
        (is) => {
          if (is === 'kept') return done(null, 'OK: kept')
          refusals.count({ source: 'door', origin: peerOf(session), why: 'too much header' })
          done(reply(554, `Header of more than ${LONGEST_HEAD / 1024} KB`))
        },
        (error: unknown) => {
          deps.log.error({ err: messageOf(error) }, 'mail not taken; its sender will try again')
          done(reply(451, 'Cannot keep it now, try again later'))
        },
      )
    },
  })
  // Clients that vanish; what they did not finish was not taken.
  server.on('error', (error) => deps.log.debug({ err: messageOf(error) }, 'inbound connection'))
  endLongOnes(server, deps.connectionMs ?? CONNECTION_MS)
  const port = await listen(server, deps)
  return Object.freeze({
    port,
    renewCertificate: (tls: Certificate) => server.updateSecureContext({ ...tls }),
    async close() {
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await refusals.close()
    },
  })
}

function endLongOnes({ server }: SMTPServer, afterMs: number): void {
  server.on('connection', (socket: Socket) => {
    const timer = setTimeout(() => socket.destroy(), afterMs).unref()
    socket.once('close', () => clearTimeout(timer))
  })
}

function manners({ domain, protocol, tls }: DoorDeps) {
  return {
    name: domain,
    banner: 'Postrider',
    lmtp: protocol === 'lmtp',
    ...(tls ?? {}),
    disabledCommands: [
      ...(tls ? [] : ['STARTTLS']),
      'AUTH',
      'VRFY',
      'HELP',
      'WIZ',
      'SHELL',
      'KILL',
    ],
    authOptional: true,
    // It counts against every client that does not log in, as none can here.
    maxAllowedUnauthenticatedCommands: false as const,
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    hideSMTPUTF8: true,
    size: SIZE_LIMIT,
    rejectOversized: true,
    maxClients: MAX_CLIENTS,
    maxRecipients: MAX_RECIPIENTS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    socketTimeout: IDLE_TIMEOUT_MS,
    logger: false,
  }
}

async function listen(server: SMTPServer, deps: DoorDeps): Promise<number> {
  const isStrict = deps.taken === 'refuse'
  try {
    return await listenNear(server.server, deps.listen, isStrict ? { tries: 0 } : {})
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw cause
    const { host, port } = deps.listen
    const why = code === 'EACCES' ? 'is not for this user' : 'is taken'
    const name = deps.protocol === 'lmtp' ? 'INBOUND_LMTP_LISTEN' : 'INBOUND_LISTEN'
    throw new PostriderError(
      'unavailable',
      `cannot listen for mail: port ${port} of ${host} ${why}; end what has it, or set ${name} to another`,
      { place: name, cause },
    )
  }
}

/** Of a client that was gone before it was asked for, smtp-server knows no address. */
const peerOf = ({ remoteAddress }: Partial<SMTPServerSession>) => plainAddress(remoteAddress ?? '')

type AdmitDeps = DoorDeps & Readonly<{ peers: Peers; refusals: Refusals }>

async function admit(
  deps: AdmitDeps,
  knows: Known,
  address: string,
  peer: string,
): Promise<Error | null> {
  if (knows.unknown >= MAX_UNKNOWN) return reply(421, 'Too many unknown addresses')
  const destination = await find(deps, address)
  if (destination === 'away') return reply(451, 'Cannot look that up now, try again later')
  if (destination === null) {
    knows.unknown += 1
    deps.refusals.count({ source: 'door', origin: peer, why: whyRefused(address) })
    return reply(550, 'No such address here')
  }
  const isToken = destination.kind === 'bounce' || destination.kind === 'unsubscribe'
  if (!isToken && !(await deps.peers.mayName(peer))) {
    return reply(451, 'Too much mail from you, try again later')
  }
  knows.destinations.set(address.toLowerCase(), destination)
  return null
}

async function find(deps: DoorDeps, address: string): Promise<Destination | null | 'away'> {
  try {
    return await findDestination(deps, address, deps.clock?.() ?? new Date())
  } catch (error) {
    deps.log.error({ err: messageOf(error) }, 'recipient not looked up; its sender tries again')
    return 'away'
  }
}

/** Whose hand wrote a token, or when, is not told: only that it opens nothing any more. */
function whyRefused(address: string): string {
  return /^[bu]-[a-z2-7]{40,}@/i.test(address) ? 'a token that opens nothing' : 'no such address'
}

async function receive(
  deps: DoorDeps,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  knows: Known | undefined,
): Promise<'kept' | 'too-much-header'> {
  const raw = await readMail(stream)
  // The server answers 552 by itself, whatever is returned.
  if (raw === 'too-large') return 'kept'
  if (raw === 'too-much-header') return raw
  const { rcptTo, mailFrom } = session.envelope
  const destinations = rcptTo.map(({ address }) => knows?.destinations.get(address.toLowerCase()))
  const peer = peerOf(session)
  const eventIds = await recordInbound(deps.db, raw, destinations.filter(isHere), {
    ...{ source: 'door', origin: peer },
    envelope: {
      peer,
      helo: session.hostNameAppearsAs || '',
      from: mailFrom ? mailFrom.address : '',
    },
  })
  deps.log.info({ events: eventIds, octets: raw.length }, 'mail came in')
  for (const eventId of eventIds) {
    // Not awaited: the mail is ours now, with or without a doorbell.
    void deps.ring('feedback', { eventId })
  }
  return 'kept'
}

function isHere(destination: Destination | undefined): destination is Destination {
  if (destination === undefined) throw new Error('a recipient that was never admitted')
  return true
}

/** What is too large is read to its end all the same, and forgotten. */
async function readMail(
  stream: SMTPServerDataStream,
): Promise<Buffer | 'too-large' | 'too-much-header'> {
  const chunks: Buffer[] = []
  let octets = 0
  let isHeadKnown = false
  let isRefused = false
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    octets += chunk.length
    if (!isRefused) chunks.push(chunk)
    if (!isHeadKnown && octets > LONGEST_HEAD + EMPTY_LINE) {
      isHeadKnown = true
      isRefused = !headOf(Buffer.concat(chunks)).isWhole
    }
    if (isRefused || stream.sizeExceeded) chunks.length = 0
  }
  if (stream.sizeExceeded) return 'too-large'
  return isRefused ? 'too-much-header' : Buffer.concat(chunks)
}

function reply(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode })
}
