import type { Command } from 'commander'
import { connect } from '../../../db/client.ts'
import { migrate } from '../../../db/migrate.ts'
import type { Bind } from '../context.ts'
import { count } from '../format.ts'
import { examples } from '../options.ts'
import { unreachable } from '../runtime.ts'

export function defineMigrate(command: Command, bind: Bind): void {
  command.addHelpText('after', examples('DATABASE_URL=postgres://… postrider migrate'))
  bind(command, async ({ config, terminal, runtime }) => {
    const done =
      config.databaseUrl === null ? await embedded(runtime) : await configured(config.databaseUrl)
    terminal.done(
      'migrated',
      done.length > 0 ? `${count(done.length, 'migration')}: ${done.join(', ')}` : 'nothing to do',
    )
    terminal.object({ migrations: done })
  })
}

/** The embedded database is migrated whenever it is opened. */
async function embedded(runtime: () => Promise<unknown>): Promise<string[]> {
  await runtime()
  return []
}

async function configured(url: string): Promise<string[]> {
  const db = connect(url, { max: 1 })
  try {
    return await migrate(db)
  } catch (error) {
    throw unreachable(error)
  } finally {
    await db.destroy()
  }
}
