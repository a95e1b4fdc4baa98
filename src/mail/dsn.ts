/** What a delivery report says of one recipient (RFC 3464 2.3), in its own words. */
export type DsnRecipient = Readonly<{
  /** Without their type: `rfc822;ada@x.example` is `ada@x.example`. */
  finalRecipient: string | null
  originalRecipient: string | null
  action: string | null
  status: string | null
  /** Without its type: `smtp; 550 5.1.1 …` is `550 5.1.1 …`. */
  diagnostic: string | null
}>

export type Dsn = Readonly<{
  recipients: readonly DsnRecipient[]
  /** `dns; mx.x.example` without its type. */
  reportingMta: string | null
}>

const RECIPIENT_LIMIT = 1_000

/** Of a recipient's group, and never of the report as a whole. */
const RECIPIENT_FIELDS = new Set([
  'final-recipient',
  'original-recipient',
  'x-actual-recipient',
  'action',
  'status',
  'diagnostic-code',
])

/**
 * Reads the text of a message/delivery-status part (or of message/global-delivery-status, RFC 6533), or any text
 * with such fields in it. Servers leave out the group of the report, the blank lines between groups, or indent it
 * all: a group is what stands from one recipient to the next.
 */
export function readDsn(text: string): Dsn {
  const groups: Map<string, string>[] = [new Map()]
  let isNew = true
  for (const [name, value] of fieldsOf(text)) {
    if (name === '') {
      isNew = true
      continue
    }
    const current = groups.at(-1)
    if (RECIPIENT_FIELDS.has(name) && isOther(current, name, isNew)) groups.push(new Map())
    if (groups.length > RECIPIENT_LIMIT) break
    const group = groups.at(-1)
    if (group && !group.has(name)) group.set(name, value)
    isNew = false
  }
  const recipients = groups
    .filter((group) => [...RECIPIENT_FIELDS].some((name) => group.has(name)))
    .flatMap(toRecipients)
    .slice(0, RECIPIENT_LIMIT)
  return { recipients, reportingMta: untyped(groups[0]?.get('reporting-mta')) }
}

/** A group that has said whom it is about: the same field again is another's, and a recipient after a gap. */
function isOther(group: Map<string, string> | undefined, name: string, isNew: boolean): boolean {
  if (!group?.has('final-recipient') && !group?.has('original-recipient')) return false
  return group.has(name) || (isNew && name.endsWith('-recipient'))
}

/** Fields in their order; a blank line is ['', '']. Lines that are neither a field nor folded go on with the last. */
function fieldsOf(text: string): [string, string][] {
  const fields: [string, string][] = []
  for (const line of text.split(/\r?\n/)) {
    const [, name, value = ''] =
      /^[ \t>]*([A-Za-z][A-Za-z-]{2,60})[ \t]*:[ \t]*(.*)$/.exec(line) ?? []
    const last = fields.at(-1)
    if (line.trim() === '') fields.push(['', ''])
    else if (name !== undefined && (isKnown(name) || !/^[ \t]/.test(line))) {
      fields.push([name.toLowerCase(), value.trim()])
    } else if (last && last[0] !== '' && last[1].length < 4_000) last[1] += ` ${line.trim()}`
  }
  return fields
}

const isKnown = (name: string) =>
  RECIPIENT_FIELDS.has(name.toLowerCase()) || /^(reporting-mta|remote-mta)$/i.test(name)

/** A list of addresses where the standard wants one: it says the same of each. */
function toRecipients(fields: Map<string, string>): DsnRecipient[] {
  const finals = addressesOf(fields.get('final-recipient'))
  const originals = addressesOf(fields.get('original-recipient'))
  return (finals.length > originals.length ? finals : originals).map((_, at) => ({
    finalRecipient: finals[at] ?? null,
    originalRecipient: originals[at] ?? null,
    action: fields.get('action') || null,
    status: fields.get('status') || null,
    diagnostic: untyped(fields.get('diagnostic-code')),
  }))
}

/** `smtp; 550 …`; `X-Postfix; unknown host`: some servers leave the type out. */
function untyped(value: string | undefined): string | null {
  return value?.replace(/^(?:[a-z0-9-]+[ \t]*;[ \t]*)+/i, '').trim() || null
}

const LIST = /^<?[^"\s,@<>]+@[^"\s,@<>]+>?(?:[ \t]*,[ \t]*<?[^"\s,@<>]+@[^"\s,@<>]+>?)+$/

/** At least one, be it null. */
function addressesOf(value: string | undefined): (string | null)[] {
  const bare = untyped(value)
  return bare === null ? [null] : (LIST.test(bare) ? bare.split(',') : [bare]).map(addressOf)
}

/** `<ada@x.example>`, `\x{6D4B}@x.example` (RFC 6533 3), `ada+40x.example` (RFC 3461 4). */
function addressOf(bare: string): string | null {
  const unfolded = /[<>]/.test(bare) ? (/<([^<>]*)>/.exec(bare)?.[1] ?? bare) : bare
  const plain = unfolded
    .replace(/\\x\{([0-9a-f]{2,6})\}/gi, (_, hex: string) => characterOf(hex))
    .replace(/^mailto:/i, '')
    // A list of more than addresses: the first of them.
    .replace(/^([^"\s,@]+@[^"\s,@]+),.*$/, '$1')
    .trim()
  const decoded = plain.includes('@')
    ? plain
    : plain.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => characterOf(hex))
  // A comment behind it: RFC 822 allowed that.
  return decoded.replace(/\s+\(.*$/, '').replace(/^"([^"@\s]+@[^"\s]+)"$/, '$1') || null
}

function characterOf(hex: string): string {
  const code = Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}
