import type { Fingerprints } from '../../db/queries/key-ids.ts'

/** Ids of keys that the database was used with, and that are others here or none. */
export function strangeKeys(used: Fingerprints, here: Fingerprints): number[] {
  return [...used].filter(([id, print]) => !here.get(id)?.equals(print)).map(([id]) => id)
}

export function lackedWords(ids: readonly number[]): string {
  const names = ids.map((id) => (id === 0 ? 'the address key' : `key ${id}`)).join(', ')
  return `this database was used with other keys (${names}): bring back the keys file that belongs to it, or name it in POSTRIDER_KEYS_FILE`
}
