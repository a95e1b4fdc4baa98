import { watch as watchFolder } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'

/** `problem`: why there is no text, as a clause about the file. */
export type Saved = Readonly<{ text: string } | { problem: string }>

export type Watching = Readonly<{ close(): void }>

/** Editors write in several steps; what comes within this time is one save. */
const SETTLE_MS = 25
/** Where the system tells nothing of changes (network folders, some containers), they are looked for. */
const LOOK_EVERY_MS = 400

/**
 * Tells of each saved state of a file, and of any change of the files that it shows. The folder is watched, not the
 * file: many editors write another file and rename it, and the watched one would be gone.
 * @param options.others what it shows just now
 * @param options.onChange never called twice at once
 */
export function watchIssue(
  file: string,
  options: Readonly<{ others(): readonly string[]; onChange(saved: Saved): Promise<void> }>,
): Watching {
  const path = resolve(file)
  let seen: string | null = null
  let isLooking = false
  let isAsked = false
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  const look = async () => {
    const saved = await read(path)
    const printNow = async () => `${JSON.stringify(saved)}\n${await printOf(options.others())}`
    const print = await printNow()
    if (isClosed || print === seen) return
    seen = print
    await options.onChange(saved)
    // What it shows may be known only now.
    seen = await printNow()
  }
  const lookOnce = async () => {
    isAsked = true
    if (isLooking) return
    isLooking = true
    while (isAsked) {
      isAsked = false
      await look()
    }
    isLooking = false
  }
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => void lookOnce(), SETTLE_MS)
  }
  const watcher = watchFolder(dirname(path), (_, name) => {
    if (name === null || name === basename(path)) soon()
  })
  // A folder that is taken away is no reason to end.
  watcher.on('error', () => undefined)
  const every = setInterval(() => void lookOnce(), LOOK_EVERY_MS)
  void lookOnce()
  return {
    close() {
      isClosed = true
      watcher.close()
      clearInterval(every)
      clearTimeout(timer)
    },
  }
}

async function read(path: string): Promise<Saved> {
  const bytes = await readFile(path).catch(() => null)
  if (bytes === null) return { problem: 'is not there: waiting for it' }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { problem: 'is no UTF-8 text: save it as UTF-8' }
  }
}

async function printOf(paths: readonly string[]): Promise<string> {
  const prints = await Promise.all(
    paths.map(async (path) => {
      const about = await stat(path).catch(() => null)
      return about === null ? '-' : `${about.mtimeMs} ${about.size}`
    }),
  )
  return prints.join(',')
}
