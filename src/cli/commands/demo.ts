import { once } from 'node:events'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Ledger } from '../../campaigns/status.ts'
import { loadConfig } from '../../config.ts'
import { PostriderError } from '../../errors.ts'
import type { Bind, Context } from '../context.ts'
import { type Played, playCircle, type Stage } from '../demo/circle.ts'
import { orphaned } from '../demo/orphaned.ts'
import { examples } from '../options.ts'
import { NOBODY_IS_MAILED, openPost } from '../post.ts'
import { openRuntime, type Runtime } from '../runtime.ts'
import { closeScratchHome, markerOf, openScratchHome } from '../scratch-home.ts'

type Options = { exit?: boolean }

export function defineDemo(command: Command, bind: Bind): void {
  command
    .option('--exit', 'end when the circle has been played')
    .addHelpText('after', examples('npm run demo -- --exit'))
  bind<Options>(command, demo)
}

async function demo(context: Context, _args: string[], options: Options): Promise<void> {
  const { terminal } = context
  const ending = new AbortController()
  void Promise.race([context.stopped, orphaned()]).then(() => ending.abort())
  const home = await openScratchHome('demo')
  try {
    const { runtime, stage } = await openStage(context, home, ending.signal)
    try {
      const played = await playCircle(stage)
      if (!options.exit) await lookAround(stage)
      terminal.object(playedObject(played))
    } catch (error) {
      if (!ending.signal.aborted) throw error
      throw new PostriderError('refused', 'ended before the circle was played')
    } finally {
      await runtime.close()
    }
  } finally {
    await closeScratchHome(home, 'demo')
  }
}

/** Every process on ports of its own, on a database that is there for this demo alone. */
async function openStage(
  context: Context,
  home: string,
  signal: AbortSignal,
): Promise<{ runtime: Runtime; stage: Stage }> {
  const { terminal, starters } = context
  // Nothing of the environment: a demo reaches no database, queue or relay of yours.
  const config = loadConfig({
    POSTRIDER_HOME: home,
    INBOUND_DOMAIN: 'bounces.test',
    INBOUND_LISTEN: '127.0.0.1:2526',
    LOG_LEVEL: 'error',
  })
  const opened = await openRuntime(config, {
    name: 'demo',
    poolSize: 20,
    scratch: { marker: markerOf('demo') },
  })
  try {
    terminal.done('started', 'Postgres, embedded', 'its data go with the demo')
    const web = await starters.web(opened)
    opened.defer(() => web.close())
    const door = await starters.door(opened, { taken: 'next' })
    opened.defer(() => door.close())
    const doorPort = door.port as number
    const runtime = located(opened, web.url, doorPort)
    const post = await openPost(runtime)
    const workers = await starters.workers(runtime, post)
    runtime.defer(() => workers.close())
    terminal.done('started', 'web, worker, inbound door and catcher', 'nobody is mailed')
    const catcherDir = join(home, 'catcher')
    return {
      runtime,
      stage: { context, runtime, post, webUrl: web.url, doorPort, catcherDir, signal },
    }
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** The same runtime, knowing the ports that were free. */
function located(runtime: Runtime, webUrl: string, doorPort: number): Runtime {
  const listen = { host: '127.0.0.1', port: doorPort }
  const inbound = { domain: 'bounces.test', listen, lmtp: null, tls: null }
  return { ...runtime, config: { ...runtime.config, publicUrl: webUrl, inbound } }
}

async function lookAround(stage: Stage): Promise<void> {
  const { terminal } = stage.context
  terminal.heading('Have a look around:')
  terminal.note(`the newsletter's page   ${stage.webUrl}/demo`)
  terminal.note(`the web version         ${stage.webUrl}/demo/qingdeng-weekly-001`)
  terminal.note(`the catcher's inbox     ${stage.post.inbox?.url}`)
  terminal.note('')
  terminal.warn('catching', NOBODY_IS_MAILED.replace(/^no SMTP_URL is set: /, ''))
  terminal.note('Ctrl-C ends it, and its data go.')
  if (!stage.signal.aborted) await once(stage.signal, 'abort')
}

function sumOf(ledgers: readonly Ledger[]): Ledger {
  const [first, ...rest] = ledgers
  if (!first) throw new Error('no campaign was played')
  return rest.reduce((sum, ledger) => {
    const parts = Object.entries(sum).map(([state, rows]) => [
      state,
      rows + ledger[state as keyof Ledger],
    ])
    return Object.fromEntries(parts) as Ledger
  }, first)
}

function playedObject(played: Played): Record<string, unknown> {
  return { ledger: sumOf(played.campaigns), ...played }
}
