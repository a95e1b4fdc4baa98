import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Id } from '../../db/types.ts'
import type { CampaignInput } from '../campaigns/campaign.ts'
import type { Config, TransportConfig } from '../config.ts'
import { PostriderError } from '../errors.ts'
import type { Signer } from '../mail/dkim.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'
import { chooseWays } from '../transports/choose-ways.ts'
import { registerTransport } from '../transports/transport.ts'
import { startChild } from './child.ts'
import type { Runtime } from './runtime.ts'
import { readState, removeState, type StateFiles, writeState } from './state-file.ts'
import type { Terminal } from './terminal.ts'

/** The way out that is in use, as configured and as its row. */
export type Post = Readonly<{
  transportId: Id
  config: TransportConfig
  /** Ways out beside that one. */
  others: readonly Readonly<{ transportId: Id; config: TransportConfig }>[]
  /** null: no DKIM key is configured. */
  sign: Signer | null
  /** The built-in catcher's page, where nothing else is configured. `isOurs`: it goes with this process. */
  inbox: Readonly<{ url: string; isOurs: boolean }> | null
}>

type Choosing = Pick<Newsletter, 'slug' | 'transports'>

/** Which way out a send would take, or the first of several, before anything is started for it. */
export function transportOf(
  { transports, transport }: Config,
  newsletter: Choosing,
): Pick<TransportConfig, 'name' | 'kind'> {
  if (transport === null) return CATCHER
  return chooseWays(transports, newsletter)[0]?.way ?? transport
}

/** The ways of a campaign, as its newsletter wants them; a catcher that stands for all of them is the only one. */
export function waysOf(
  { transportId, config, others }: Post,
  newsletter: Choosing,
): Pick<CampaignInput, 'transportId' | 'otherTransportIds' | 'weights'> {
  if (config.kind === 'catcher') return { transportId }
  const configured = [{ transportId, config }, ...others].map((way) => ({
    ...{ name: way.config.name, id: way.transportId },
  }))
  const [first, ...rest] = chooseWays(configured, newsletter)
  if (first === undefined) return { transportId }
  const weighted = [first, ...rest].flatMap(({ way, weight }) =>
    weight === null ? [] : [[way.id, weight] as const],
  )
  return {
    transportId: first.way.id,
    otherTransportIds: rest.map(({ way }) => way.id),
    weights: new Map(weighted),
  }
}

const CATCHER = { name: 'catcher', kind: 'catcher' } as const

/** The configured transport; without one the built-in catcher, started here if none runs under this home. */
export async function openPost(runtime: Runtime): Promise<Post> {
  const { config, db } = runtime
  const sign = await signerOf(config)
  if (config.transport !== null) {
    const ways = []
    for (const transport of config.transports) {
      const { id } = await registerTransport(db, transport, config.providerLimits)
      ways.push({ transportId: id, config: transport })
    }
    const [first, ...others] = ways
    if (first !== undefined) return { ...first, others, sign, inbox: null }
  }
  const running = await runningCatcher(config.home)
  const catcher = running ?? (await startCatcherChild(runtime))
  const transport: TransportConfig = {
    ...CATCHER,
    host: '127.0.0.1',
    port: catcher.smtpPort,
    implicitTls: false,
    user: null,
    password: null,
    ratePerSecond: null,
    connections: 5,
  }
  const { id } = await registerTransport(db, transport)
  const inbox = { url: catcher.webUrl, isOurs: running === null }
  return { transportId: id, config: transport, others: [], sign, inbox }
}

/** Also where another process will sign: a wrong setting is said here and now. */
async function signerOf({ dkim }: Config): Promise<Signer | null> {
  if (dkim === null) return null
  const { domain } = dkim
  const keys = dkim.keys.map(async ({ selector, keyFile }) => {
    const privateKeyPem = await readFile(keyFile, 'utf8').catch((cause: unknown) => {
      throw new PostriderError(
        'bad-configuration',
        `cannot read DKIM_KEY_FILE ${keyFile}: \`postrider dkim ${domain} --selector ${selector}\` makes a key and says where it is`,
        { cause },
      )
    })
    return { selector, privateKeyPem }
  })
  const { createDkimSigner } = await import('../mail/dkim.ts')
  return createDkimSigner({ domain, keys: await Promise.all(keys) })
}

/** Said wherever mail is about to go nowhere. */
export const NOBODY_IS_MAILED =
  'no SMTP_URL is set: everything goes to the built-in catcher, nobody is mailed'

/** Where what was caught can be seen, once the command has ended. */
export function sayInbox(terminal: Terminal, { inbox }: Post): void {
  if (inbox === null) return
  terminal.note(
    inbox.isOurs ? '`postrider start` shows what was caught' : `see what was caught: ${inbox.url}`,
  )
}

async function startCatcherChild(runtime: Runtime): Promise<StateFiles['catcher']> {
  const child = await startChild<StateFiles['catcher']>('src/catcher/main.ts', {
    ...inheritedEnvironment(),
    POSTRIDER_HOME: runtime.config.home,
    // That it catches is said by whoever starts it.
    LOG_LEVEL: runtime.log.level === 'info' ? 'warn' : runtime.log.level,
    CATCHER_LISTEN: listenText(runtime.config.catcher.smtp),
    CATCHER_WEB_LISTEN: listenText(runtime.config.catcher.web),
    ...(runtime.config.inbound?.listen
      ? {
          INBOUND_DOMAIN: runtime.config.inbound.domain,
          INBOUND_LISTEN: listenText(runtime.config.inbound.listen),
        }
      : {}),
  })
  await writeState(runtime.config.home, 'catcher', child.said)
  runtime.defer(async () => {
    await child.close()
    await removeState(runtime.config.home, 'catcher')
  })
  return child.said
}

const listenText = ({ host, port }: { host: string; port: number }) =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

/** Enough to run, and none of our keys or addresses. */
function inheritedEnvironment(): Record<string, string | undefined> {
  // biome-ignore lint/style/noProcessEnv: a child's environment is made from ours
  const { PATH, HOME, TMPDIR, LANG, NODE_OPTIONS } = process.env
  return { PATH, HOME, TMPDIR, LANG, NODE_OPTIONS }
}

async function runningCatcher(home: string): Promise<StateFiles['catcher'] | null> {
  const state = await readState(home, 'catcher')
  return state !== null && (await greets(state.smtpPort)) ? state : null
}

/** Whether an SMTP server of ours says 220 there. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2000 })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', (greeting) => settle(/^220 .*Postrider catcher/.test(greeting.toString())))
    socket.once('error', () => settle(false)).once('timeout', () => settle(false))
  })
}
