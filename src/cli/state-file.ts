import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a process under a home keeps there for the others. */
export type StateFiles = Readonly<{
  /** The inbox page's address has its secret in it: readable by the owner alone. */
  catcher: Readonly<{ smtpPort: number; webUrl: string }>
  web: Readonly<{ url: string }>
}>

const pathOf = (home: string, name: keyof StateFiles) => join(home, `${name}.json`)

export async function writeState<N extends keyof StateFiles>(
  home: string,
  name: N,
  state: StateFiles[N],
): Promise<void> {
  const path = pathOf(home, name)
  await writeFile(`${path}.new`, JSON.stringify(state), { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/** null: nobody wrote one. Whether its writer still runs is for the reader to try. */
export async function readState<N extends keyof StateFiles>(
  home: string,
  name: N,
): Promise<StateFiles[N] | null> {
  try {
    return JSON.parse(await readFile(pathOf(home, name), 'utf8')) as StateFiles[N]
  } catch {
    return null
  }
}

export async function removeState(home: string, name: keyof StateFiles): Promise<void> {
  await rm(pathOf(home, name), { force: true })
}

/** Where readers reach us: as configured, else the web process of this home, else where that would listen. */
export async function siteUrl(config: {
  publicUrl: string | null
  home: string
  web: { host: string; port: number }
}): Promise<string> {
  if (config.publicUrl !== null) return config.publicUrl
  const web = await readState(config.home, 'web')
  return web?.url ?? `http://${config.web.host}:${config.web.port}`
}
