import { readFile } from 'node:fs/promises'
import type { Config } from '../config.ts'
import { messageOf, PostriderError } from '../errors.ts'
import { type Certificate, type Door, type DoorDeps, startDoor } from './door.ts'
import { startPollers } from './pollers.ts'

export type InboundDeps = Omit<DoorDeps, 'domain' | 'listen' | 'protocol' | 'tls'> &
  Readonly<{ inbound: Config['inbound']; mailboxes: Config['mailboxes'] }>

export type Inbound = Readonly<{
  /** null: not listened to. */
  port: number | null
  lmtpPort: number | null
  /** Names of those that are looked through. */
  mailboxes: readonly string[]
  close(): Promise<void>
}>

/** A certificate is renewed every few weeks; it is read again when it is an hour old. */
const READ_AGAIN_MS = 3_600_000

/**
 * All ways in that the configuration wants: SMTP, LMTP and mailboxes.
 * @throws PostriderError bad-configuration where it wants none, unavailable where a port is taken
 */
export async function startInbound(deps: InboundDeps): Promise<Inbound> {
  const { inbound, mailboxes, ...rest } = deps
  if (inbound === null && mailboxes.length === 0) {
    throw new PostriderError(
      'bad-configuration',
      'nobody is told where mail comes in: set INBOUND_DOMAIN and INBOUND_LISTEN, or MAILBOX_URLS',
    )
  }
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const step of closers.splice(0).reverse()) await step()
  }
  try {
    const doors = inbound === null ? null : await openDoors(rest, inbound, closers)
    const pollers = startPollers({ ...rest, domain: inbound?.domain ?? null }, mailboxes)
    closers.push(() => pollers.close())
    return Object.freeze({
      port: doors?.smtp?.port ?? null,
      lmtpPort: doors?.lmtp?.port ?? null,
      mailboxes: mailboxes.map(({ name }) => name),
      close,
    })
  } catch (error) {
    await close()
    throw error
  }
}

async function openDoors(
  deps: Omit<InboundDeps, 'inbound' | 'mailboxes'>,
  { domain, listen, lmtp, tls }: NonNullable<Config['inbound']>,
  closers: (() => Promise<void>)[],
): Promise<{ smtp: Door | null; lmtp: Door | null }> {
  const certificate = tls && (await readCertificate(tls))
  const open = async (protocol: 'smtp' | 'lmtp', at: typeof listen) => {
    if (at === null) return null
    const door = await startDoor({ ...deps, domain, protocol, listen: at, tls: certificate })
    closers.push(() => door.close())
    deps.log.info({ domain, port: door.port, protocol }, 'listening for mail')
    return door
  }
  const doors = { smtp: await open('smtp', listen), lmtp: await open('lmtp', lmtp) }
  if (tls !== null) {
    const timer = setInterval(() => void renew(deps, tls, [doors.smtp, doors.lmtp]), READ_AGAIN_MS)
    closers.push(async () => clearInterval(timer))
  }
  return doors
}

async function renew(
  { log }: Pick<DoorDeps, 'log'>,
  files: { certFile: string; keyFile: string },
  doors: readonly (Door | null)[],
): Promise<void> {
  try {
    const certificate = await readCertificate(files)
    for (const door of doors) door?.renewCertificate(certificate)
  } catch (error) {
    log.error({ err: messageOf(error) }, 'certificate not read again; the old one serves on')
  }
}

async function readCertificate(files: { certFile: string; keyFile: string }): Promise<Certificate> {
  const read = (name: string, file: string) =>
    readFile(file).catch((cause: unknown) => {
      throw new PostriderError('bad-configuration', `${name}: cannot read ${file}`, {
        place: name,
        cause,
      })
    })
  return {
    cert: await read('INBOUND_TLS_CERT', files.certFile),
    key: await read('INBOUND_TLS_KEY', files.keyFile),
  }
}
