const PLACEHOLDER = /zq[a-z0-9]{16}/g

/** Hands out names that `#name` can lead to, as GitHub makes them from headings; each only once. */
export type Anchors = (title: string) => string

export function createAnchors(): Anchors {
  const taken = new Set<string>()
  return (title) => {
    const name =
      title
        .replace(PLACEHOLDER, '')
        .normalize('NFC')
        .toLowerCase()
        .replace(/[^\p{L}\p{M}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-') || 'section'
    let free = name
    for (let n = 1; taken.has(free); n++) free = `${name}-${n}`
    taken.add(free)
    return free
  }
}
