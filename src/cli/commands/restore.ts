import { resolve } from 'node:path'
import type { Command } from 'commander'
import { openArchive } from '../../../db/carry/archive.ts'
import { type OpenCampaign, refill } from '../../../db/carry/refill.ts'
import type { Bind } from '../context.ts'
import { count, formatNumber } from '../format.ts'
import { lackedKeys } from '../keys.ts'
import { examples } from '../options.ts'
import { openBare, unreachable } from '../runtime.ts'
import type { Terminal } from '../terminal.ts'

export function defineRestore(command: Command, bind: Bind): void {
  command
    .argument('<file>', 'what `backup` wrote')
    .addHelpText('after', examples('postrider restore /backups/monday.zip'))
  bind(command, async ({ config, terminal }, [file = '']) => {
    const path = resolve(file)
    const archive = await openArchive(path)
    try {
      const database = await openBare(config)
      try {
        const { takenAt } = archive.contents
        const when = `${takenAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`
        const pauseBecause = `restored from a backup of ${when}: who was mailed after that is not known`
        const { rows, open } = await refill(database.url, { ...archive, pauseBecause }).catch(
          (error: unknown) => {
            throw unreachable(error)
          },
        )
        const total = Object.values(rows).reduce((sum, n) => sum + n, 0)
        terminal.done(
          'restored',
          `${count(Object.keys(rows).length, 'table')}, ${count(total, 'row')}`,
          path,
        )
        sayWhatIsNotKnown(terminal, when, open)
        const lacked = await lackedKeys(config, database.url)
        if (lacked !== null) terminal.warn('keys', lacked)
        terminal.object({ file: path, takenAt, rows, open, keys: lacked })
      } finally {
        await database.close()
      }
    } finally {
      archive.close()
    }
  })
}

/** A backup knows nothing of what came after it, and only a person can find out. */
function sayWhatIsNotKnown(terminal: Terminal, when: string, open: readonly OpenCampaign[]): void {
  for (const { campaign, newsletter, issue, open: rows, uncertain } of open) {
    terminal.warn('paused', `campaign ${campaign}, ${newsletter}/${issue}`)
    terminal.more(
      `${formatNumber(rows)} were not mailed by ${when}; \`resume\` mails them, also those who were mailed after it.`,
    )
    if (uncertain > 0) {
      terminal.more(`${formatNumber(uncertain)} were on their way just then: they are uncertain.`)
    }
  }
  terminal.warn('not known', `what happened after ${when}`)
  terminal.more(
    'Who subscribed, left or bounced since is as it was then: look at the log of your relay and at',
  )
  terminal.more(
    'your inbox, and suppress by hand who asked to leave. An issue first sent after it counts as not sent.',
  )
}
