import type { Command } from 'commander'
import { reconcileCampaign } from '../../campaigns/status.ts'
import type { Bind } from '../context.ts'
import { examples } from '../options.ts'
import { equation, statusObject } from '../watch.ts'

export function defineReconcile(command: Command, bind: Bind): void {
  command
    .argument('<campaign>', 'its number')
    .addHelpText('after', examples('postrider reconcile 12'))
  bind(command, async ({ terminal, runtime }, [id = '']) => {
    const result = await reconcileCampaign((await runtime()).db, id)
    if (result.adds_up) terminal.done('adds up', equation(result))
    else {
      for (const sentence of result.wrong) terminal.fail(`campaign ${id}: ${sentence}`)
      process.exitCode = 1
    }
    terminal.object({
      ...statusObject(result),
      adds_up: result.adds_up,
      difference: result.difference,
      wrong: result.wrong,
    })
  })
}
