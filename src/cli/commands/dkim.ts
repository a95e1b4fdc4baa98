import { createPublicKey } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { PostriderError } from '../../errors.ts'
import { dkimRecord, makeDkimKey } from '../../mail/dkim.ts'
import type { Bind } from '../context.ts'
import { examples } from '../options.ts'

type Options = { selector: string; file?: string }

export function defineDkim(command: Command, bind: Bind): void {
  command
    .argument('<domain>', 'the domain of the From address')
    .option('--selector <name>', 'which key this is; another name for the next one', 'postrider')
    .option('--file <path>', 'where the private key stands (default: in the home folder)')
    .addHelpText('after', examples('postrider dkim weekly.example --selector 2026a'))
  bind<Options>(command, async ({ config, terminal }, [domain = ''], options) => {
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain)) {
      throw new PostriderError('bad-input', `"${domain}" is no domain`)
    }
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(options.selector)) {
      throw new PostriderError(
        'bad-input',
        `"${options.selector}" is no selector: letters, digits and dashes`,
      )
    }
    const file = options.file ?? join(config.home, `dkim-${domain}-${options.selector}.pem`)
    const made = await makeKeyFile(file)
    const record = dkimRecord(domain, options.selector, await publicKeyOf(file))
    terminal.done(made ? 'made' : 'found', `the private key in ${file}`)
    terminal.heading('Put this TXT record into the DNS')
    terminal.note(`name    ${record.name}`)
    terminal.note(`value   ${record.value}`)
    terminal.note('(a zone file wants the value in quoted parts of at most 255 characters)')
    terminal.heading('Then sign with it')
    terminal.note(`DKIM_DOMAIN=${domain} DKIM_SELECTOR=${options.selector} DKIM_KEY_FILE=${file}`)
    terminal.object({ file, made, record })
  })
}

/** @returns false if there was a key already: it is never written over */
async function makeKeyFile(file: string): Promise<boolean> {
  try {
    await writeFile(file, makeDkimKey().privateKeyPem, { flag: 'wx', mode: 0o600 })
    await chmod(file, 0o600)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new PostriderError('unavailable', `cannot write ${file}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

async function publicKeyOf(file: string): Promise<string> {
  try {
    const key = createPublicKey(await readFile(file))
    return key.export({ type: 'spki', format: 'der' }).toString('base64')
  } catch (cause) {
    throw new PostriderError('bad-input', `${file} holds no private key`, { place: file, cause })
  }
}
