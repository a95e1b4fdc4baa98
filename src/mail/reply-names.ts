/**
 * The reply names whom the mail is from, by address or domain, and not whom it is to: then we are what it does not
 * find. An address of somebody else is where the recipient's mail went on to.
 */
export function namesSender(
  text: string,
  senders: readonly string[],
  recipient: string | undefined,
): boolean {
  const said = text.toLowerCase()
  if (recipient !== undefined && said.includes(recipient)) return false
  return senders.some(
    (sender) => says(said, sender) || isOtherDomain(said, domainOf(sender), domainOf(recipient)),
  )
}

/** A newsletter may have readers at its own domain. */
const isOtherDomain = (said: string, ours: string, theirs: string) =>
  ours.includes('.') && ours !== theirs && says(said, ours)

const domainOf = (address: string | undefined) => address?.split('@')[1] ?? ''

/** As a whole: `weekly.test` is not said by `mx.weekly.test`, be it the relay that speaks, nor by `eve@weekly.test`. */
function says(said: string, name: string): boolean {
  for (let at = said.indexOf(name); at >= 0; at = said.indexOf(name, at + 1)) {
    const before = said[at - 1] ?? ' '
    const after = said.slice(at + name.length, at + name.length + 2)
    if (!/[\w@.-]/.test(before) && !/^(?:[\w-]|\.\w)/.test(after)) return name !== ''
  }
  return false
}
