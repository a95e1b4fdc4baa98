import sanitizeHtml from 'sanitize-html'
import { type Findings, shorten } from './finding.ts'
import type { SourceLine } from './issue.ts'
import type { Addresses } from './links.ts'

/** Makes the HTML of one container of tokens safe, piece by piece, as Markdown cuts it. */
export type HtmlCleaner = {
  clean(piece: string, line: SourceLine): string
  /** The tags that are open after the last piece, outermost first. */
  open(): readonly string[]
  /** Closes what is open. */
  end(): string
}

const names = (list: string): string[] => list.split(' ')

const ALLOWED = names(
  'a abbr b bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr',
)
/** Their content is no text for a reader. */
const WITHOUT_TEXT = names(
  'script style template noscript head title iframe object embed noembed noframes xmp textarea option select',
)
/** Taken away without a word: what they hold stays, and looks the same in a mail. */
const PLAIN_BOXES = names(
  'html body section article header footer main nav aside hgroup address big font picture source',
)
const HTML_NAMES = new Set([
  ...ALLOWED,
  ...WITHOUT_TEXT,
  ...PLAIN_BOXES,
  ...names(
    'acronym applet area audio base basefont bgsound button canvas data datalist dialog dir fieldset form frame frameset image input keygen label legend link map marquee menu meta meter nobr optgroup output param plaintext portal progress slot svg math search strong track video',
  ),
])

/** Tags further out are not closed any more before the end: thousands of them took seconds. */
const DEEPEST = 100

const START = 'zqhtmlstartqz'
const END = 'zqhtmlendqz'

export function createHtmlCleaner(addresses: Addresses, findings: Findings): HtmlCleaner {
  let open: string[] = []
  return {
    clean(piece, line) {
      const outer = open.slice(0, -DEEPEST)
      const around = open
        .slice(-DEEPEST)
        .map((name) => `<${name}>`)
        .join('')
      const dropped = new Set<string>()
      const html = sanitizeHtml(
        around + START + escapeUnknownTags(piece) + END,
        rules(addresses, line, dropped),
      )
      tellDropped(dropped, piece, line, findings)
      const [from, to] = [html.indexOf(START), html.indexOf(END)]
      // The piece opened something whose content is dropped, and did not close it.
      if (to === -1)
        return from === -1
          ? ''
          : html.slice(from + START.length).replace(/^(?:<\/[a-z0-9]+>)+$/, '')
      const after = [...html.slice(to).matchAll(/<\/([a-z][a-z0-9]*)>/g)]
      open = [...outer, ...after.map((match) => match[1] ?? '').reverse()]
      return html.slice(from + START.length, to)
    },
    open: () => open,
    end() {
      const closing = open.map((name) => `</${name}>`).reverse()
      open = []
      return closing.join('')
    },
  }
}

function rules(
  addresses: Addresses,
  line: SourceLine,
  dropped: Set<string>,
): sanitizeHtml.IOptions {
  return {
    allowedTags: ALLOWED,
    nonTextTags: WITHOUT_TEXT,
    allowedAttributes: {
      '*': ['align', 'dir', 'lang', 'title', 'style'],
      a: ['href', 'name', 'id'],
      img: ['src', 'alt', 'width', 'height'],
      table: ['width', 'border', 'cellpadding', 'cellspacing'],
      td: ['colspan', 'rowspan', 'valign', 'width'],
      th: ['colspan', 'rowspan', 'valign', 'width', 'scope'],
      col: ['span', 'width'],
      ol: ['start', 'type', 'reversed'],
      li: ['value'],
      details: ['open'],
      time: ['datetime'],
    },
    allowedStyles: { '*': { 'text-align': [/^(?:left|right|center|start|end|justify)$/] } },
    // Schemes are judged by `addresses`, which also resolves what is relative.
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    onOpenTag: (name) => {
      if (!ALLOWED.includes(name) && !PLAIN_BOXES.includes(name)) dropped.add(name)
    },
    transformTags: {
      a: (tagName, { href, ...attribs }) => {
        const address = href === undefined ? null : addresses.link(href, line)
        if (address !== null) return { tagName, attribs: { ...attribs, href: address } }
        // Without an address it would still look like a link.
        return { tagName: attribs.id || attribs.name ? tagName : 'span', attribs }
      },
      img: (tagName, { src, ...attribs }) => {
        const address = src === undefined ? null : addresses.image(src, line)
        return { tagName, attribs: address === null ? attribs : { ...attribs, src: address } }
      },
    },
  }
}

/** `Vec<T>` in a sentence is no HTML: it was meant to be read. */
function escapeUnknownTags(piece: string): string {
  return piece.replace(/<(\/?)([a-z][a-z0-9]*)>/gi, (tag, slash: string, name: string) =>
    HTML_NAMES.has(name.toLowerCase()) ? tag : `&lt;${slash}${name}&gt;`,
  )
}

function tellDropped(
  dropped: ReadonlySet<string>,
  piece: string,
  line: SourceLine,
  findings: Findings,
): void {
  for (const name of dropped) {
    const within = piece.toLowerCase().indexOf(`<${name}`)
    findings.warning(line + piece.slice(0, Math.max(0, within)).split('\n').length - 1, {
      what: `<${name}> is left out`,
      why: WITHOUT_TEXT.includes(name)
        ? 'mail programs do not show it, and what it holds is left out too'
        : 'mail programs do not show it; the text in it stays',
      fix: 'take it out, or link to a page that shows it',
    })
  }
  if (/<!--(?![\s\S]*?-->)/.test(piece) && !/^<!---?>/.test(piece)) {
    findings.error(line, {
      what: `a comment that is not closed: ${shorten(piece, 30)}`,
      why: 'everything after it would be hidden',
      fix: 'write --> where the comment ends',
    })
  }
}
