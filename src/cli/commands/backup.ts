import { resolve } from 'node:path'
import type { Command } from 'commander'
import { writeArchive } from '../../../db/carry/archive.ts'
import { withSnapshot } from '../../../db/carry/snapshot.ts'
import type { Bind } from '../context.ts'
import { count, formatBytes } from '../format.ts'
import { examples } from '../options.ts'
import { openBare } from '../runtime.ts'

/** Everything but the keys, as it was at one moment; sends go on meanwhile. */
export function defineBackup(command: Command, bind: Bind): void {
  command
    .argument('[file]', 'where to; default postrider-<date>-<time>.zip')
    .addHelpText('after', examples('postrider backup /backups/monday.zip'))
  bind(command, async ({ config, terminal }, [file]) => {
    const path = resolve(file ?? defaultName(new Date()))
    const database = await openBare(config)
    try {
      const archived = await withSnapshot(database.url, (snapshot) => writeArchive(path, snapshot))
      const what = `${count(archived.tables, 'table')}, ${count(archived.rows, 'row')}`
      terminal.done('backed up', `${what}, ${formatBytes(archived.bytes)}`, path)
      terminal.warn('keys', 'they are not in it: keep the keys file as safe, and apart from it')
      terminal.object({ file: path, ...archived })
    } finally {
      await database.close()
    }
  })
}

/** `postrider-2026-11-24-0930.zip`, in UTC, so that names sort by age. */
function defaultName(now: Date): string {
  const [day, time] = now.toISOString().split('T')
  return `postrider-${day}-${time?.slice(0, 5).replace(':', '')}.zip`
}
