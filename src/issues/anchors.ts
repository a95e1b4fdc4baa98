const PLACEHOLDER = /zq[a-z0-9]{16}/g

/** Hands out names that `#name` can lead to, as GitHub makes them from headings; each only once. */
export type Anchors = (title: string) => string

export function createAnchors(): Anchors {
  const taken = new Set<string>()
  const last = new Map<string, number>()
  return (title) => {
    const name =
      title
        .replace(PLACEHOLDER, '')
        .normalize('NFC')
        .toLowerCase()
        .replace(/[^\p{L}\p{M}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-') || 'section'
    let n = last.get(name) ?? 0
    let free = n === 0 ? name : `${name}-${n}`
    while (taken.has(free)) free = `${name}-${++n}`
    last.set(name, n)
    taken.add(free)
    return free
  }
}
