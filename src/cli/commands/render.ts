import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Command } from 'commander'
import { messageOf, PostriderError } from '../../errors.ts'
import type { Bind, Context } from '../context.ts'
import { count, formatBytes } from '../format.ts'
import { readIssueFile } from '../input.ts'
import { badUsage, examples } from '../options.ts'
import { type Rendered, renderIssue } from '../rendering.ts'

type Options = { html?: string; text?: string; eml?: string; out?: string }

export function defineRender(command: Command, bind: Bind): void {
  command
    .argument('<path>', 'an issue, or a folder of them')
    .option('--html <file>', 'write the HTML part')
    .option('--text <file>', 'write the text part')
    .option('--eml <file>', 'write the whole message')
    .option('--out <dir>', 'write all three there; a folder keeps its folders')
    .addHelpText(
      'after',
      examples(
        'postrider render issues/field-notes-007.md --eml out.eml',
        'postrider render issues --out rendered',
      ),
    )
  bind<Options>(command, async (context, [path = ''], options) => {
    const folder = await isFolder(path)
    if (folder && !options.out) throw badUsage(`${path} is a folder: say --out DIR too`)
    if (folder) await renderFolder(context, path, options.out as string)
    else await renderFile(context, path, options)
  })
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    throw new PostriderError('bad-input', `${path}: there is no such file`, { place: path, cause })
  }
}

async function renderFile({ terminal }: Context, path: string, options: Options): Promise<void> {
  const rendered = await rendering(path)
  const written = await Promise.all([
    put(options.html, rendered.html),
    put(options.text, rendered.text),
    put(options.eml, rendered.eml),
    ...(options.out ? putAll(join(options.out, basename(path, '.md')), rendered) : []),
  ])
  const files = written.filter((file) => file !== null)
  if (files.length === 0) terminal.raw(rendered.text)
  else terminal.done('rendered', path, files.join(', '))
  terminal.object({ file: path, written: files, subject: rendered.subject })
}

/** What cannot be read is reported, and the rest goes on; then the exit code is 1. */
async function renderFolder({ terminal }: Context, from: string, out: string): Promise<void> {
  const files = (await readdir(from, { recursive: true }))
    .filter((name) => name.endsWith('.md'))
    .sort()
  const failed: { file: string; message: string }[] = []
  for (const name of files) {
    const path = join(from, name)
    try {
      const rendered = await rendering(path)
      await Promise.all(putAll(join(out, name.slice(0, -'.md'.length)), rendered))
      terminal.done('rendered', path, `HTML ${formatBytes(Buffer.byteLength(rendered.html))}`)
    } catch (error) {
      if (!(error instanceof PostriderError)) throw error
      failed.push({ file: path, message: messageOf(error) })
      terminal.fail(messageOf(error))
    }
  }
  if (failed.length > 0) process.exitCode = 1
  const say = failed.length > 0 ? terminal.warn : terminal.done
  say('rendered', `${files.length - failed.length} of ${count(files.length, 'issue')}`, `to ${out}`)
  terminal.object({ rendered: files.length - failed.length, failed })
}

async function rendering(path: string): Promise<Rendered> {
  return renderIssue((await readIssueFile(path)).issue, basename(dirname(path)), new Date())
}

const putAll = (stem: string, rendered: Rendered) => [
  put(`${stem}.html`, rendered.html),
  put(`${stem}.txt`, rendered.text),
  put(`${stem}.eml`, rendered.eml),
]

async function put(file: string | undefined, content: string | Buffer): Promise<string | null> {
  if (file === undefined) return null
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  return file
}
