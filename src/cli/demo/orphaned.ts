import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_EVERY_MS = 500
/** npm → sh → tsx → us */
const GENERATIONS = 4

type Link = Readonly<{ child: number; parent: number }>

/**
 * Settles when whoever stands between npm and us is gone: a `kill -9` of `npm run demo` reaches npm alone, and nobody
 * would be left to end the demo. Never settles where npm did not start us, or where there is no /proc.
 */
export async function orphaned(): Promise<void> {
  const chain = await chainToNpm()
  if (chain.length === 0) return new Promise(() => {})
  while (await stands(chain)) await sleep(LOOK_EVERY_MS, undefined, { ref: false })
}

async function stands(chain: readonly Link[]): Promise<boolean> {
  const parents = await Promise.all(chain.map(({ child }) => parentOf(child)))
  return chain.every(({ parent }, index) => parents[index] === parent)
}

async function chainToNpm(): Promise<Link[]> {
  const chain: Link[] = []
  let child = process.pid
  for (let generation = 0; generation < GENERATIONS; generation += 1) {
    const parent = await parentOf(child)
    if (parent === null || parent <= 1) return []
    chain.push({ child, parent })
    if (await isNpm(parent)) return chain
    child = parent
  }
  return []
}

/** proc(5): the name, field 2, may hold anything, so fields are counted from its closing bracket. */
async function parentOf(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return stat === null ? null : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** npm names its process after what it runs: `npm run demo`. */
async function isNpm(pid: number): Promise<boolean> {
  const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return /^(npm|npx|pnpm|yarn)\b|\/(npm|npx)(-cli\.js)?\0/.test(words)
}
