import { readdir, readFile } from 'node:fs/promises'

/** Command lines and environments of processes that name one of these folders. */
export async function processesOf(folders: readonly string[]): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const told = await Promise.all(
    pids.map(async (pid) => {
      const parts = ['cmdline', 'environ'].map((name) =>
        readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => ''),
      )
      return `${pid} ${(await Promise.all(parts)).join(' ')}`
    }),
  )
  return told.filter((words) => folders.some((each) => words.includes(each)))
}
