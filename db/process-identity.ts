import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * A name for a process that no later process bears: pid and when it started. A pid alone comes round again, in a
 * container within minutes.
 */
export type ProcessIdentity = string

export async function ownIdentity(): Promise<ProcessIdentity> {
  const identity = await identify(process.pid)
  if (identity === null) throw new Error('this process is not among the processes')
  return identity
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(Number(identity.split('.')[0]))) === identity
}

async function identify(pid: number): Promise<ProcessIdentity | null> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null
  const state = process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid)
  if (state === null || /^[ZX]/.test(state.state)) return null
  return `${pid}.${state.started}`
}

/** What it was started with, or an empty text. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform !== 'linux') return ps(pid, 'command=')
  return readFile(`/proc/${pid}/cmdline`, 'utf8').then(
    (text) => text.replaceAll('\0', ' ').trim(),
    () => '',
  )
}

/** proc(5): the name, field 2, may hold anything, so fields are counted from its closing bracket. */
async function fromProc(pid: number) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return { state: fields[0] ?? '', started: `${fields[19]}-${boot.slice(0, 8)}` }
}

async function fromPs(pid: number) {
  const line = await ps(pid, 'state=,lstart=')
  const match = /^(\S+)\s+(.+)$/.exec(line)
  return match ? { state: match[1] ?? '', started: match[2]?.replace(/\W+/g, '-') ?? '' } : null
}

async function ps(pid: number, columns: string): Promise<string> {
  return run('ps', ['-o', columns, '-p', String(pid)], {
    env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
  }).then(
    (result) => result.stdout.trim(),
    () => '',
  )
}
