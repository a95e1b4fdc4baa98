import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Listen } from '../config.ts'
import { listenNear } from '../mail/listen-near.ts'
import { inboxHandler } from './inbox.ts'
import { startReporter } from './reporter.ts'
import { createCatcherServer } from './smtp-server.ts'
import { type CaughtMessage, openStore } from './store.ts'

export type { CaughtMessage } from './store.ts'

export type CatcherOptions = Readonly<{
  smtp: Listen
  web: Listen
  /** Where the mails are kept; what is in it is shown again after a restart. */
  dir: string
  /** The hard part of the page's address; default: kept in `dir`. */
  secret?: string
  /** Where reports go; null or left out: they wait. */
  inboundDoor?: Listen | null
}>

export type Catcher = Readonly<{
  smtpPort: number
  /** The inbox page, with its secret. */
  webUrl: string
  count(): number
  /** In the order in which they came. */
  messages(): CaughtMessage[]
  setInboundDoor(door: Listen | null): void
  close(): Promise<void>
}>

/** The built-in mail sink: an SMTP server that takes everything, and a page that shows it. Taken ports move on. */
export async function startCatcher(options: CatcherOptions): Promise<Catcher> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  const store = await openStore(options.dir)
  const secret = options.secret ?? (await keptSecret(options.dir))
  const reporter = startReporter(store, options.inboundDoor ?? null)
  const smtp = createCatcherServer(store, reporter.wake)
  const web = createServer(inboxHandler(store, { secret, host: options.web.host }))
  const smtpPort = await listenNear(smtp.server, options.smtp)
  const webPort = await listenNear(web, options.web)
  return Object.freeze({
    smtpPort,
    webUrl: `http://${shownHost(options.web.host)}:${webPort}/${secret}/`,
    count: store.count,
    messages: store.messages,
    setInboundDoor: reporter.setDoor,
    async close() {
      await new Promise<void>((resolve) => smtp.close(() => resolve()))
      await reporter.close()
      const closed = new Promise((resolve) => web.close(resolve))
      web.closeAllConnections()
      await closed
    },
  })
}

/** 128 bits, the same after a restart, so that a page that is open stays the page. */
async function keptSecret(dir: string): Promise<string> {
  const path = join(dir, 'page-secret')
  const made = randomBytes(16).toString('base64url')
  try {
    await writeFile(path, made, { flag: 'wx', mode: 0o600 })
    return made
  } catch {
    return (await readFile(path, 'utf8')).trim()
  }
}

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
