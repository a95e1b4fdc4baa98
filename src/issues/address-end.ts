// Where an address that stands bare in running text ends. GFM's rule knows only spaces.

/** What older browsers and mail programs follow. */
const LONGEST_ADDRESS = 2000
/** RFC 5321, section 4.5.3.1: 64 octets, an @ and 255. */
const LONGEST_MAILBOX = 320

/** No address goes on past these: CJK and general punctuation, full-width forms, and marks that nobody sees. */
const NEVER_IN =
  /[\s<>"`\p{Cc}\u200b-\u200f\u2010-\u206f\u3000-\u3004\u3008-\u3020\u3030\u30fb\ufe10-\ufe1f\ufe30-\ufe6f\ufeff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]/u
const CJK = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]`
/** `example.com后面`: with it the host would be another one. `例え.example` and `abc例え.example` are names. */
const WORDS_AFTER_HOST = new RegExp(
  String.raw`^(?:https?:\/\/|www\.|[^\s@/]+@)[^\s/?#]*?\.[a-z0-9-]*[a-z0-9](?=${CJK}[^.]*(?:[/?#]|$))`,
  'iu',
)
const ENDS_IN_WORDS = new RegExp(`${CJK}$`, 'u')
/** GFM's extended autolinks: trailing punctuation, and what looks like an entity, are the sentence's. */
const TRAILING = new Set(`?!.,:*_~'"`)
const ENTITY = /^&[a-z0-9]+;$/i

/** @param text begins with an address, whose first character may be `<` */
export function endOfAddress(text: string): number {
  const from = text.startsWith('<') ? 1 : 0
  const isMailbox = !/^<?(?:https?:|mailto:|www\.)/i.test(text)
  const near = text.slice(from, from + (isMailbox ? LONGEST_MAILBOX : LONGEST_ADDRESS))
  const stop = near.search(NEVER_IN)
  const address = stop === -1 ? near : near.slice(0, stop)
  if (from === 1) return address.length + 2
  const host = WORDS_AFTER_HOST.exec(address)?.[0]
  if (host !== undefined) return host.length
  return withoutTrailing(address, withoutWordsAfter(address))
}

/**
 * `/a/b这篇文章`: words at the end that follow ASCII in the same part are the sentence's. `/wiki/中文`, `?q=中文` and
 * `/C语言.html` are addresses.
 */
function withoutWordsAfter(address: string): number {
  let end = address.length
  for (let last = lastCharacter(address, end); ENDS_IN_WORDS.test(last); ) {
    end -= last.length
    last = lastCharacter(address, end)
  }
  return /[a-z0-9]/i.test(address.charAt(end - 1)) ? end : address.length
}

function lastCharacter(text: string, end: number): string {
  return [...text.slice(Math.max(0, end - 2), end)].at(-1) ?? ''
}

function withoutTrailing(address: string, from: number): number {
  let end = from
  for (;;) {
    const last = address.charAt(end - 1)
    if (TRAILING.has(last) || (last === ')' && isLoneBracket(address.slice(0, end)))) end -= 1
    else if (last === ';') {
      const start = address.lastIndexOf('&', end)
      if (start === -1 || !ENTITY.test(address.slice(start, end))) return end
      end = start
    } else return end
  }
}

/** `(see https://a.example/x_(y))` */
function isLoneBracket(address: string): boolean {
  return address.split(')').length > address.split('(').length
}
