import { connect } from '../../db/client.ts'
import { usedKeys } from '../../db/queries/key-ids.ts'
import type { Config } from '../config.ts'
import { PostriderError } from '../errors.ts'
import { loadSecrets } from '../secrets.ts'

/** Which keys a database was used with that are not here, in words; null: none. Makes no keys. */
export async function lackedKeys(config: Config, databaseUrl: string): Promise<string | null> {
  const db = connect(databaseUrl, { max: 1 })
  try {
    const used = await usedKeys(db)
    if (used.size === 0) return null
    const loaded = await loadSecrets(config, { mayMake: false })
    const strange = [...used].filter(
      ([id, print]) => !loaded.secrets.fingerprints.get(id)?.equals(print),
    )
    return strange.length === 0 ? null : lackedWords(strange.map(([id]) => id))
  } catch (error) {
    if (error instanceof PostriderError) return error.message
    throw error
  } finally {
    await db.destroy()
  }
}

export function lackedWords(ids: readonly number[]): string {
  const names = ids.map((id) => (id === 0 ? 'the address key' : `key ${id}`)).join(', ')
  return `this database was used with other keys (${names}): bring back the keys file that belongs to it, or name it in POSTRIDER_KEYS_FILE`
}
