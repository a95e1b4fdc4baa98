const names = (list: string): string[] => list.split(' ')

/** What mail programs show. */
export const ALLOWED = names(
  'a abbr b bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr',
)
/** Their content is no text for a reader. */
export const WITHOUT_TEXT = names(
  'script style template head title iframe object embed noembed noframes xmp',
)
/** Taken away without a word: what they hold stays, and looks the same in a mail. */
export const PLAIN_BOXES = names(
  'html body section article header footer main nav aside hgroup address big font picture source noscript acronym nobr search',
)
/** Shown elsewhere than in a mail: a link leads there. */
export const MEDIA = names('iframe video audio embed object')

export const HTML_NAMES: ReadonlySet<string> = new Set([
  ...ALLOWED,
  ...WITHOUT_TEXT,
  ...PLAIN_BOXES,
  ...MEDIA,
  ...names(
    'applet area base basefont bgsound blink button canvas data datalist dialog dir fieldset form frame frameset image input keygen label legend link map marquee math menu meta meter optgroup option output param plaintext portal progress select slot svg textarea track',
  ),
])
