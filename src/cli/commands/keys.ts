import type { Command } from 'commander'
import type { Bind, Context } from '../context.ts'
import { formatNumber } from '../format.ts'
import {
  ADDRESS_KEY,
  addKey,
  forgetKeys,
  type KeyState,
  listKeys,
  retireKey,
  switchKey,
} from '../keys.ts'
import { badUsage, examples } from '../options.ts'

export function defineKeys(keys: Command, bind: Bind): void {
  keys.addHelpText('after', examples('postrider keys add', 'postrider keys switch 2'))
  defineList(keys, bind)
  defineAdd(keys, bind)
  defineSwitch(keys, bind)
  defineRetire(keys, bind)
  defineForget(keys, bind)
}

const STATES: Readonly<Record<KeyState, string>> = {
  addresses: 'hashes addresses; never changes',
  signs: 'signs, verifies',
  verifies: 'verifies',
  retired: 'retired: opens unsubscribe links alone',
  missing: 'used by this database, and not here',
}

function defineList(keys: Command, bind: Bind): void {
  const list = keys
    .command('list')
    .description('show which keys there are, and which signs')
    .addHelpText('after', examples('postrider keys list'))
  bind(list, async ({ config, terminal }) => {
    const rows = await listKeys(config)
    terminal.table(
      ['key', 'fingerprint', 'campaigns', 'what it does'],
      rows.map(({ id, fingerprint, campaigns, state }) => [
        ...[id === ADDRESS_KEY ? 'address' : String(id), fingerprint],
        ...[id === ADDRESS_KEY ? '' : formatNumber(campaigns), STATES[state]],
      ]),
    )
    terminal.object({ keys: rows })
  })
}

function defineAdd(keys: Command, bind: Bind): void {
  const add = keys
    .command('add')
    .description('make a key that verifies; it signs once you switch to it')
    .addHelpText('after', examples('postrider keys add'))
  bind(add, async ({ config, terminal }) => {
    const { id, path } = await addKey(config)
    terminal.done('added', `key ${id}, for verifying`, path)
    terminal.more(
      'Put this file on every machine that runs Postrider: running processes take it up within a',
    )
    terminal.more(`second. Then \`postrider keys switch ${id}\`, and put it there again.`)
    terminal.object({ key: id, file: path })
  })
}

function defineSwitch(keys: Command, bind: Bind): void {
  const command = keys
    .command('switch')
    .argument('<key>', 'its id')
    .description('make new links with this key from now on')
    .addHelpText('after', examples('postrider keys switch 2'))
  bind(command, async ({ config, terminal }, [key = '']) => {
    const { before } = await switchKey(config, idOf(key))
    terminal.done('switched', `key ${key} signs`, `key ${before} verifies still`)
    terminal.object({ signing: Number(key), before })
  })
}

function defineRetire(keys: Command, bind: Bind): void {
  const command = keys
    .command('retire')
    .argument('<key>', 'its id')
    .option('--now', 'though reports about mail that was sent with it are still to come')
    .description('let a key open unsubscribe links and nothing else')
    .addHelpText('after', examples('postrider keys retire 1'))
  bind<{ now?: boolean }>(command, async ({ config, terminal }, [key = ''], { now }) => {
    await retireKey(config, idOf(key), { now: new Date(), anyway: now === true })
    terminal.done('retired', `key ${key}`, 'unsubscribe links made with it work for ever')
    terminal.object({ retired: Number(key) })
  })
}

function defineForget(keys: Command, bind: Bind): void {
  const command = keys
    .command('forget')
    .argument('<keys...>', 'ids of lost keys, or `address`')
    .option('--yes', 'you know what it means')
    .description('go on without keys that are lost: links made with them are dead')
    .addHelpText('after', examples('postrider keys forget 1 address --yes'))
  bind<{ yes?: boolean }>(command, async (context, args, { yes }) => {
    // commander gives a list of arguments as one.
    const ids = args.flat().map((key) => (key === 'address' ? ADDRESS_KEY : idOf(key)))
    await forget(context, ids, yes === true)
  })
}

async function forget({ config, terminal }: Context, ids: number[], yes: boolean): Promise<void> {
  const { links, erased } = await forgetKeys(config, ids, { yes })
  const names = ids.map((id) => (id === ADDRESS_KEY ? 'the address key' : `key ${id}`)).join(', ')
  terminal.done('forgotten', names, `links of ${formatNumber(links)} campaigns are dead`)
  if (erased > 0) {
    terminal.warn(
      'suppressed',
      `${formatNumber(erased)} erased addresses cannot be recognised any more`,
    )
  }
  terminal.object({ forgotten: ids, campaigns: links, unrecognised: erased })
}

function idOf(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) < 1 || Number(text) > 255) {
    throw badUsage(`${text} is no id of a key: 1 to 255`)
  }
  return Number(text)
}
