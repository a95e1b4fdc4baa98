import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { endWithUs } from './children.ts'
import { compiled } from './compiled.ts'
import { eventually } from './eventually.ts'

export type Environment = Readonly<Record<string, string>>
export type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>

/** A `postrider` process of a test's own, which it ends by its pid. */
export type Postrider = Readonly<{
  pid: number
  /** The last lines of its log, for a failed test to show. */
  log(): string
  /** The objects that it has said so far. */
  said(): unknown[]
  signal(name: NodeJS.Signals): void
  /** Sends it, and waits for the end. */
  end(name: NodeJS.Signals): Promise<Exit>
}>

type Running = { child: ChildProcess; said: unknown[]; log: string[]; exit: Promise<Exit> }

const KEPT_LINES = 200

function run(args: readonly string[], env: Environment, cwd?: string): Running {
  const { PATH = '', HOME = '', TMPDIR } = process.env
  const child = spawn(process.execPath, [compiled('src/cli/main.ts'), ...args, '--json'], {
    env: { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), ...env },
    // It ends itself once the channel closes: also when we are killed.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...(cwd === undefined ? {} : { cwd }),
  }) as ChildProcessByStdio<null, Readable, Readable>
  endWithUs(child)
  const said: unknown[] = []
  const log: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)))
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line)
    if (log.length > KEPT_LINES) log.shift()
  })
  // 'close': when all that it wrote has been read
  const exit = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  return { child, said, log, exit }
}

/** A process that stays. @returns once it has said on standard output that it works */
export async function startPostrider(
  args: readonly string[],
  env: Environment,
): Promise<Postrider> {
  const { child, said, log, exit } = run(args, env)
  const words = () => log.join('\n')
  let ended: Exit | null = null
  void exit.then((how) => {
    ended = how
  })
  await eventually(
    () => {
      if (said.length === 0 && ended === null) throw new Error(`no word yet:\n${words()}`)
    },
    { timeoutMs: 60_000 },
  )
  if (ended !== null) throw new Error(`postrider ${args.join(' ')} ended:\n${words()}`)
  return Object.freeze({
    pid: child.pid as number,
    log: words,
    said: () => [...said],
    signal: (name) => void child.kill(name),
    async end(name) {
      child.kill(name)
      return exit
    },
  } satisfies Postrider)
}

export type Ran = Readonly<{
  code: number | null
  /** The last object on standard output: what machines read. */
  last: Record<string, unknown>
  log: string
}>

/** A command that ends by itself. */
export async function postrider(
  args: readonly string[],
  env: Environment,
  cwd?: string,
): Promise<Ran> {
  const { said, log, exit } = run(args, env, cwd)
  const { code } = await exit
  return { code, last: (said.at(-1) ?? {}) as Record<string, unknown>, log: log.join('\n') }
}

/** Starts a command, and signals it as soon as a state is reached. */
export async function endWhen(
  signal: NodeJS.Signals,
  args: readonly string[],
  options: Readonly<{ env?: Environment; cwd?: string }>,
  reached: () => Promise<boolean>,
): Promise<Ran> {
  const { child, said, log, exit } = run(args, options.env ?? {}, options.cwd)
  await eventually(
    async () => {
      if (!(await reached())) throw new Error(`not there yet:\n${log.join('\n')}`)
    },
    { timeoutMs: 60_000 },
  )
  child.kill(signal)
  const { code } = await exit
  return { code, last: (said.at(-1) ?? {}) as Record<string, unknown>, log: log.join('\n') }
}
