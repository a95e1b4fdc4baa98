import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { PostriderError } from '../../errors.ts'
import type { Finding } from '../../issues/issue.ts'
import type { Bind, Context } from '../context.ts'
import { countLinks } from '../count-links.ts'
import { count } from '../format.ts'
import { issuesIn, readTextFile, showFindings, sumUp } from '../input.ts'
import { type KnownNewsletter, knownNewsletter } from '../known-newsletter.ts'
import { type Answers, type Asked, askAddresses } from '../online.ts'
import { examples } from '../options.ts'
import { proofIssue } from '../proof.ts'

type Options = { online?: boolean; newsletter?: string }

/** A file and what is wrong with it. */
type Checked = Readonly<{
  file: string
  links: number
  findings: readonly Finding[]
  asked: readonly Asked[]
}>

export function defineCheck(command: Command, bind: Bind): void {
  command
    .argument('<paths...>', 'issues, or folders of them')
    .option('--online', 'ask every link and picture whether it is there')
    .option('--newsletter <slug>', 'in the look of this one, as the database has it')
    .addHelpText(
      'after',
      examples(
        'postrider check issues/field-notes-007.md',
        'postrider check issues --online',
        'git diff --name-only --cached -- "issues/*.md" | xargs -r postrider check',
      ),
    )
  bind<Options>(command, check)
}

async function check(context: Context, paths: string[], options: Options): Promise<void> {
  const { terminal } = context
  const newsletter = await knownNewsletter(context, options)
  // A variadic argument comes as one array.
  const files = await filesOf(paths.flat())
  const offline: Checked[] = []
  for (const file of files) {
    offline.push(
      await checkFile(file, newsletter).catch(files.length > 1 ? unreadable(file) : rethrow),
    )
  }
  const answers = options.online ? await online(context, offline) : null
  const results = offline.map((each) => withAnswers(each, answers))
  for (const result of results) sayFile(context, result)
  const objects = results.map(objectOf)
  if (objects.some(({ errors }) => errors > 0)) process.exitCode = 1
  const asked = answers === null ? {} : { online: answers.counts }
  const [only] = objects
  if (objects.length === 1 && only) return terminal.object({ ...only, ...asked })
  const sum = (of: 'links' | 'errors' | 'warnings') =>
    objects.reduce((all, one) => all + one[of], 0)
  const sums = { links: sum('links'), errors: sum('errors'), warnings: sum('warnings') }
  const say = sums.errors > 0 ? terminal.wrong : terminal.done
  say('checked', count(objects.length, 'issue'), sumUp(sums))
  terminal.object({ ...sums, ...asked, files: objects })
}

/** @throws PostriderError bad-input: no such file, or a folder without any */
async function filesOf(paths: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const path of paths) {
    const about = await stat(path).catch(() => null)
    if (!about?.isDirectory()) {
      files.push(path)
      continue
    }
    const found = await issuesIn(path)
    files.push(...found.map((name) => join(path, name)))
  }
  return [...new Set(files)]
}

async function checkFile(file: string, newsletter: KnownNewsletter | null): Promise<Checked> {
  const proof = await proofIssue(file, await readTextFile(file), { now: new Date(), newsletter })
  const placeholders = proof.issue?.merges.map(({ placeholder }) => placeholder) ?? []
  // What a reader's value completes has no one answer; what was taken in is asked of nobody.
  const asked = proof.addresses.filter(
    ({ href }) =>
      !placeholders.some((each) => href.includes(each)) &&
      !proof.images.some((image) => image.href === href),
  )
  return {
    file,
    links: proof.issue === null ? 0 : countLinks(proof.issue),
    findings: proof.findings,
    asked: asked.map((each) => ({ ...each, file })),
  }
}

/** One that cannot be read is no reason to say nothing of the others. */
const unreadable =
  (file: string) =>
  (error: unknown): Checked => {
    if (!(error instanceof PostriderError)) throw error
    const what = error.message.replace(`${file}: `, '')
    const words = { what, why: 'nothing could be made of it', fix: 'save it anew, or leave it out' }
    return {
      file,
      links: 0,
      asked: [],
      findings: [{ severity: 'error', file, line: null, ...words }],
    }
  }

function rethrow(error: unknown): never {
  throw error
}

async function online({ terminal }: Context, checked: readonly Checked[]): Promise<Answers> {
  const began = performance.now()
  const answers = await askAddresses(
    checked.flatMap(({ asked }) => asked),
    {
      onProgress(done, total) {
        const seconds = (performance.now() - began) / 1000
        terminal.progress('asking', done, total, done / Math.max(seconds, 0.001))
      },
    },
  )
  terminal.progressDone()
  return answers
}

function withAnswers(checked: Checked, answers: Answers | null): Checked {
  const own = answers?.findings.filter(({ file }) => file === checked.file) ?? []
  return { ...checked, findings: [...checked.findings, ...own] }
}

function sayFile({ terminal }: Context, checked: Checked): void {
  const { file, findings, links } = checked
  showFindings(terminal, findings)
  const { errors, warnings } = objectOf(checked)
  const result = sumUp({ links, errors, warnings })
  if (errors > 0) terminal.fail(`${file}: ${result}`)
  else terminal.done('checked', file, result)
}

function objectOf({ file, links, findings }: Checked) {
  const errors = findings.filter(({ severity }) => severity === 'error').length
  return { file, links, errors, warnings: findings.length - errors, findings }
}
