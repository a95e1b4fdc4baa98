import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Listen } from '../config.ts'
import { createRefusals } from '../feedback/refusals.ts'
import { listenNear } from '../mail/listen-near.ts'
import { createApp } from './app.ts'
import type { AppDeps } from './deps.ts'

export type WebDeps = Omit<AppDeps, 'publicUrl'> &
  Readonly<{
    /** A taken port means the next free one. */
    listen: Listen
    /** null: the address that it listens on. */
    publicUrl: string | null
  }>

export type Web = Readonly<{
  /** Where it listens: on a loopback address `http://127.0.0.1:3000`. */
  url: string
  port: number
  close(): Promise<void>
}>

const CLOSE_GRACE_MS = 10_000

/** The web process: readers' pages over HTTP. */
export async function startWeb(deps: WebDeps): Promise<Web> {
  const { listen, publicUrl, ...rest } = deps
  const server = createServer({ requestTimeout: 30_000 })
  const port = await listenNear(server, listen)
  const url = `http://${shownHost(listen.host)}:${port}`
  const refusals = createRefusals(rest.db, rest.log)
  const app = createApp({ ...rest, refusals, publicUrl: publicUrl ?? url })
  // No body is read to its end for its own sake: an answer may come before it.
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  server.on('request', (request, response) => void listener(request, response))
  return Object.freeze({
    ...{ url, port },
    async close() {
      await close(server)
      await refusals.close()
    },
  })
}

/** Takes no new connection, finishes what was asked, and after a while goes all the same. */
async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // One that has been answered would be kept open for the client's next request.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const late = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
  await closed
  clearInterval(idle)
  clearTimeout(late)
}

/** As a browser on this machine reaches it. */
function shownHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
