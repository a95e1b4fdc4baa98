import type { Command } from 'commander'
import {
  liftSuppression,
  listSuppressions,
  addSuppression as suppressByHand,
} from '../../suppression/suppression.ts'
import type { Bind } from '../context.ts'
import { examples } from '../options.ts'

export function defineSuppression(suppression: Command, bind: Bind): void {
  suppression.addHelpText('after', examples('postrider suppression list'))
  addList(suppression, bind)
  addAdd(suppression, bind)
  addLift(suppression, bind)
}

function addList(suppression: Command, bind: Bind): void {
  const list = suppression
    .command('list')
    .option('--lifted', 'also those that were lifted')
    .description('show them')
    .addHelpText('after', examples('postrider suppression list --lifted'))
  bind<{ lifted?: boolean }>(list, async ({ terminal, runtime }, _args, options) => {
    const rows = await listSuppressions((await runtime()).db, { lifted: options.lifted === true })
    if (rows.length === 0) terminal.note('None.')
    else {
      terminal.table(
        ['id', 'address', 'reason', 'since', 'note'],
        rows.map((row) => [
          row.id,
          row.address ?? '(erased)',
          row.reason,
          row.createdAt.toISOString().slice(0, 10),
          row.liftedAt
            ? `lifted ${row.liftedAt.toISOString().slice(0, 10)}: ${row.liftedNote ?? ''}`
            : row.note,
        ]),
      )
    }
    terminal.object({ suppressions: rows })
  })
}

function addAdd(suppression: Command, bind: Bind): void {
  const add = suppression
    .command('add')
    .argument('<address>')
    .requiredOption('--note <text>', 'why')
    .description('suppress an address by hand')
    .addHelpText(
      'after',
      examples('postrider suppression add reader@a.example --note "asked by telephone"'),
    )
  bind<{ note: string }>(add, async ({ terminal, runtime }, [address = ''], options) => {
    const { db, secrets } = await runtime()
    const done = await suppressByHand(db, secrets, { address, note: options.note })
    if (done === 'already') terminal.note(`${address} was suppressed already`)
    else terminal.done('suppressed', address)
    terminal.object({ address, result: done })
  })
}

function addLift(suppression: Command, bind: Bind): void {
  const lift = suppression
    .command('lift')
    .argument('<address>')
    .requiredOption('--note <text>', 'why')
    .description('undo one; its trace stays')
    .addHelpText(
      'after',
      examples('postrider suppression lift reader@a.example --note "mailbox is back"'),
    )
  bind<{ note: string }>(lift, async ({ terminal, runtime }, [address = ''], options) => {
    const { db, secrets } = await runtime()
    const done = await liftSuppression(db, secrets, { address, note: options.note })
    if (done === 'none') {
      terminal.fail(`${address} is not suppressed: \`postrider suppression list\` shows who is`)
      process.exitCode = 1
    } else terminal.done('lifted', address)
    terminal.object({ address, result: done })
  })
}
