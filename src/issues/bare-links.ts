import type { MarkedExtension, TokenizerExtension, Tokens } from 'marked'
import markedLinkifyIt from 'marked-linkify-it'
import { endOfAddress } from './address-end.ts'
import { rememberStart } from './next-start.ts'

// GFM's own rule takes everything up to a space for the address, CJK punctuation and all; for
// `https://a.example。后面` that even changes the host, since IDNA maps 。 to a dot. linkify-it ends it right.
// We say where one may begin, because it would also find `main.rs` and `README.md`.

const START = String.raw`(?:https?:\/\/(?!https?:\/\/)|mailto:|www\.)[^\s<]|[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9]`
const NEXT = new RegExp(`(?<![A-Za-z0-9_.+-])(?:${START})`, 'i')
const HERE = new RegExp(`^<?(?:${START})`, 'i')

export function bareLinks(): MarkedExtension {
  const linkify = markedLinkifyIt().extensions?.[0] as TokenizerExtension
  return {
    extensions: [
      {
        ...linkify,
        start: rememberStart((src) => src.search(NEXT)),
        tokenizer(src, tokens) {
          if (!HERE.test(src)) return undefined
          // The library need not read the whole paragraph for each.
          const word = src.slice(0, endOfAddress(src))
          // Without a scheme it takes only the few top-level domains that it has by heart.
          const added = /^www\./i.test(word) ? 'http://' : ''
          const link = linkify.tokenizer.call(this, added + word, tokens) as Tokens.Link | undefined
          return link && withoutScheme({ ...link, autolink: true }, added)
        },
      },
    ],
    tokenizer: { url: () => undefined },
  }
}

function withoutScheme(link: Tokens.Link, added: string): Tokens.Link {
  const raw = link.raw.slice(added.length)
  const text = link.text.slice(added.length)
  return { ...link, raw, text, tokens: [{ type: 'text', raw: text, text }] }
}
