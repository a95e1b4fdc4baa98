import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { packagePath } from '../../config.ts'
import { PostriderError } from '../../errors.ts'

export type WorkerProcess = Readonly<{ pid: number; close(): Promise<void> }>

/** `postrider worker`, as it runs everywhere. It ends when this process does. @returns once it works */
export async function startWorkerProcess(env: Record<string, string>): Promise<WorkerProcess> {
  const built = import.meta.filename.endsWith('.js')
  const entry = built
    ? [packagePath('dist/src/cli/main.js')]
    : ['--import', import.meta.resolve('tsx'), packagePath('src/cli/main.ts')]
  const child = spawn(process.execPath, [...entry, 'worker', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  if (child.stdout === null) throw new Error('stdout is a pipe')
  const ready = once(createInterface({ input: child.stdout }), 'line')
  const how = await Promise.race([ready.then(() => null), ended])
  if (how !== null) throw new PostriderError('unavailable', `a worker ended with code ${how[0]}`)
  return {
    pid: child.pid as number,
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** proc(5): utime, stime, cutime and cstime are fields 14 to 17, counted from the bracket behind the name. */
async function cpuTicks(pid: number, withChildren: boolean): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (stat === null) return 0
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, withChildren ? 15 : 13).reduce((sum, ticks) => sum + Number(ticks), 0)
}

let ticksPerSecond: number | null = null

/** CPU seconds that these processes have spent, user and system. */
export async function cpuSeconds(pids: readonly number[], withChildren = false): Promise<number> {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  const ticks = await Promise.all(pids.map((pid) => cpuTicks(pid, withChildren)))
  return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond
}

/** The most memory that one of them ever had, in octets. */
export async function peakRssBytes(pids: readonly number[]): Promise<number> {
  return Math.max(...(await Promise.all(pids.map((pid) => memory(pid, 'VmHWM')))))
}

/** The memory of the largest of them now, in octets. */
export async function rssBytes(pids: readonly number[]): Promise<number> {
  return Math.max(...(await Promise.all(pids.map((pid) => memory(pid, 'VmRSS')))))
}

async function memory(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
}

/** A process and its children, one generation. */
export async function familyOf(pid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const children = await Promise.all(
    pids.map(async (one) => {
      const stat = await readFile(`/proc/${one}/stat`, 'utf8').catch(() => '')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid ? [one] : []
    }),
  )
  return [pid, ...children.flat()]
}

/** @throws PostriderError unavailable, where there is no /proc to read */
export async function requireProc(): Promise<void> {
  if ((await cpuTicks(process.pid, false)) > 0) return
  throw new PostriderError(
    'unavailable',
    'a bench reads CPU and memory from /proc: run it on Linux',
  )
}
