import type { Command } from 'commander'
import { refill } from '../../../db/carry/refill.ts'
import { withSnapshot } from '../../../db/carry/snapshot.ts'
import { PostriderError } from '../../errors.ts'
import type { Bind } from '../context.ts'
import { count } from '../format.ts'
import { examples } from '../options.ts'
import { openBare, unreachable } from '../runtime.ts'

/** From the embedded server to one of your own. The embedded data stay, and are used no more. */
export function defineMove(command: Command, bind: Bind): void {
  command
    .requiredOption('--to <url>', 'an empty database: postgres://user:password@host/name')
    .addHelpText(
      'after',
      examples('postrider move --to postgres://postrider:…@db.example/postrider'),
    )
  bind<{ to: string }>(command, async ({ config, terminal }, _args, { to }) => {
    const where = placeOfDatabase(to)
    const source = await openBare(config)
    try {
      if (source.embedded === null) {
        throw new PostriderError(
          'refused',
          'DATABASE_URL is set, so there are no embedded data to move: use backup and restore',
        )
      }
      const takeBack = await source.embedded.closeFor(where)
      try {
        const rows = await carry(source.url, to)
        const total = Object.values(rows).reduce((sum, n) => sum + n, 0)
        terminal.done(
          'moved',
          `${count(Object.keys(rows).length, 'table')}, ${count(total, 'row')}`,
          where,
        )
        terminal.note(
          'Set DATABASE_URL to it for every process. The keys file stays where it is, and is still needed.',
        )
        terminal.object({ to: where, rows })
      } catch (error) {
        await takeBack()
        throw unreachable(error)
      }
    } finally {
      await source.close()
    }
  })
}

/** Nobody else is attached, so nothing can have happened since: open campaigns go on there. */
async function carry(from: string, to: string): Promise<Readonly<Record<string, number>>> {
  return await withSnapshot(from, async (snapshot) => {
    const read = new Map<string, { rowCount: number }>()
    const { rows } = await refill(to, {
      contents: snapshot.contents,
      async read(table) {
        const copy = snapshot.read(table)
        read.set(table.name, copy)
        return copy
      },
      unfit: (_table, error) => error,
      verify({ name }, arrived) {
        const left = read.get(name)?.rowCount
        if (left === arrived) return
        throw new Error(
          `${left} rows of table ${name} left, and ${arrived} arrived: nothing was kept`,
        )
      },
      pauseBecause: null,
    })
    return rows
  })
}

/** Without user and password. @throws PostriderError bad-input */
function placeOfDatabase(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol) || parsed.pathname.length < 2) {
    throw new PostriderError('bad-input', '--to is no postgres://user:password@host/database', {
      place: '--to',
    })
  }
  return `${parsed.host}${parsed.pathname}`
}
