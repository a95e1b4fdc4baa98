import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { messageOf, PostriderError } from '../../errors.ts'
import type { Bind, Context } from '../context.ts'
import { count, formatBytes } from '../format.ts'
import { findingLine, issuesIn, readTextFile } from '../input.ts'
import { type KnownNewsletter, knownNewsletter } from '../known-newsletter.ts'
import { badUsage, examples } from '../options.ts'
import { type Proof, proofIssue } from '../proof.ts'
import type { Rendered } from '../rendering.ts'
import { writeFileIn } from '../write-file.ts'

type Options = { html?: string; text?: string; eml?: string; out?: string; newsletter?: string }

export function defineRender(command: Command, bind: Bind): void {
  command
    .argument('<path>', 'an issue, or a folder of them')
    .option('--html <file>', 'write the HTML part')
    .option('--text <file>', 'write the text part')
    .option('--eml <file>', 'write the whole message')
    .option('--out <dir>', 'write all three there; a folder keeps its folders')
    .option('--newsletter <slug>', 'in the look of this one, as the database has it')
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
    if (folder) await renderFolder(context, path, options)
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

async function renderFile(context: Context, path: string, options: Options): Promise<void> {
  const { terminal } = context
  const { proof, rendered } = await rendering(path, await knownNewsletter(context, options))
  const written = await Promise.all([
    put(options.html, rendered.html),
    put(options.text, rendered.text),
    put(options.eml, options.eml ? rendered.eml() : ''),
    ...(options.out ? putAll(join(options.out, basename(path, '.md')), rendered) : []),
  ])
  const files = written.filter((file) => file !== null)
  if (files.length === 0) terminal.raw(rendered.text)
  else {
    terminal.done('rendered', path, files.join(', '))
    sayErrors(context, proof)
  }
  terminal.object({ file: path, written: files, subject: rendered.subject })
}

/** What cannot be read is reported, and the rest goes on; then the exit code is 1. */
async function renderFolder(context: Context, from: string, options: Options): Promise<void> {
  const { terminal } = context
  const out = options.out as string
  const newsletter = await knownNewsletter(context, options)
  const names = await issuesIn(from)
  const failed: { file: string; message: string }[] = []
  for (const name of names) {
    const path = join(from, name)
    try {
      const { proof, rendered } = await rendering(path, newsletter)
      await Promise.all(putAll(join(out, name.slice(0, -'.md'.length)), rendered))
      terminal.done('rendered', path, `HTML ${formatBytes(rendered.sizes.htmlBytes)}`)
      sayErrors(context, proof)
    } catch (error) {
      // Also a fault of ours: it is that file's, and the others are not worse for it.
      const message =
        error instanceof PostriderError ? messageOf(error) : `${path}: ${messageOf(error)}`
      failed.push({ file: path, message })
      terminal.fail(message)
    }
  }
  if (failed.length > 0) process.exitCode = 1
  const say = failed.length > 0 ? terminal.warn : terminal.done
  say('rendered', `${names.length - failed.length} of ${count(names.length, 'issue')}`, `to ${out}`)
  terminal.object({ rendered: names.length - failed.length, failed })
}

/** @throws PostriderError bad-input */
async function rendering(
  path: string,
  newsletter: KnownNewsletter | null,
): Promise<{ proof: Proof; rendered: Rendered }> {
  const proof = await proofIssue(path, await readTextFile(path), { now: new Date(), newsletter })
  if (proof.rendered !== null) return { proof, rendered: proof.rendered }
  const first = proof.findings.find(({ severity }) => severity === 'error')
  throw new PostriderError('bad-input', first ? findingLine(first) : `${path}: cannot be rendered`)
}

/** It is written all the same; it could not be sent. */
function sayErrors({ terminal }: Context, { findings, file }: Proof): void {
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  terminal.more(`${count(errors.length, 'error')} would stop a send: postrider check ${file}`)
}

const putAll = (stem: string, rendered: Rendered) => [
  put(`${stem}.html`, rendered.html),
  put(`${stem}.txt`, rendered.text),
  put(`${stem}.eml`, rendered.eml()),
]

async function put(file: string | undefined, content: string | Buffer): Promise<string | null> {
  if (file === undefined) return null
  await writeFileIn(file, content)
  return file
}
