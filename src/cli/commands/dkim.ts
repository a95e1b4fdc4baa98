import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { PostriderError } from '../../errors.ts'
import {
  DKIM_KEY_TYPES,
  type DkimKeyType,
  dkimRecord,
  makeDkimKey,
  readDkimKey,
} from '../../mail/dkim-keys.ts'
import type { Bind } from '../context.ts'
import { examples } from '../options.ts'

type Options = { selector: string; type: DkimKeyType | 'both'; file?: string }
type Key = { type: DkimKeyType; selector: string; file: string }

export function defineDkim(command: Command, bind: Bind): void {
  command
    .argument('<domain>', 'the domain of the From address')
    .option('--selector <name>', 'which key this is; another name for the next one', 'postrider')
    .addOption(
      new Option('--type <type>', 'which kind of key; both: the second as NAME-ed25519')
        .choices([...DKIM_KEY_TYPES, 'both'])
        .default('rsa'),
    )
    .option('--file <path>', 'where the private key stands (default: in the home folder)')
    .addHelpText(
      'after',
      examples(
        'postrider dkim weekly.example --selector 2026a',
        'postrider dkim weekly.example --selector 2027a --type both',
      ),
    )
  bind<Options>(command, async ({ config, terminal }, [domain = ''], options) => {
    const keys = keysAsked(config.home, domain, options)
    const shown = []
    for (const { type, selector, file } of keys) {
      const made = await makeKeyFile(file, type)
      const record = await recordOf({ type, selector, file }, domain)
      terminal.done(made ? 'made' : 'found', `the private key in ${file}`)
      terminal.heading('Put this TXT record into the DNS')
      terminal.note(`name    ${record.name}`)
      terminal.note(`value   ${record.value}`)
      terminal.note(`in a zone file   ${record.name}. IN TXT ( ${record.strings} )`)
      shown.push({ file, made, selector, type, record })
    }
    terminal.heading('Once it can be looked up, sign with it')
    terminal.note(
      `DKIM_DOMAIN=${domain} DKIM_SELECTOR=${list(keys, 'selector')} DKIM_KEY_FILE=${list(keys, 'file')}`,
    )
    terminal.note('The record of a key that is no longer used stays for a week: mail is on its way')
    const [first] = shown
    terminal.object({ ...first, keys: shown })
  })
}

function keysAsked(home: string, domain: string, { selector, type, file }: Options): Key[] {
  const bad = (what: string) => new PostriderError('bad-input', what)
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain)) throw bad(`"${domain}" is no domain`)
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(selector)) {
    throw bad(`"${selector}" is no selector: letters, digits and dashes`)
  }
  if (type === 'both' && file !== undefined) {
    throw bad('--file names one key, and --type both makes two: ask for one after the other')
  }
  const key = (of: DkimKeyType, name: string): Key => ({
    ...{ type: of, selector: name },
    file: file ?? join(home, `dkim-${domain}-${name}.pem`),
  })
  return type === 'both'
    ? [key('rsa', selector), key('ed25519', `${selector}-ed25519`)]
    : [key(type, selector)]
}

const list = (keys: readonly Key[], what: 'selector' | 'file') =>
  keys.map((key) => key[what]).join(',')

/** @returns false if there was a key already: it is never written over */
async function makeKeyFile(file: string, type: DkimKeyType): Promise<boolean> {
  try {
    await writeFile(file, makeDkimKey(type), { flag: 'wx', mode: 0o600 })
    await chmod(file, 0o600)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new PostriderError('unavailable', `cannot write ${file}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

async function recordOf({ type, selector, file }: Key, domain: string) {
  try {
    const pem = await readFile(file, 'utf8')
    const found = readDkimKey(pem).type
    if (found !== type) throw new PostriderError('bad-input', `it is of type ${found}: say --type`)
    return dkimRecord(domain, selector, pem)
  } catch (cause) {
    const why = cause instanceof PostriderError ? cause.message : 'it cannot be read'
    throw new PostriderError('bad-input', `${file} cannot be used: ${why}`, { place: file, cause })
  }
}
