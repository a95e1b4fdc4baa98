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
/** Outside of a table they end the cell that the mail itself stands in. */
export const TABLE_PARTS = names('caption col colgroup tbody td tfoot th thead tr')
/** Shown elsewhere than in a mail: a link leads there. */
export const MEDIA = names('iframe video audio embed object')

/** All that are HTML where they stand without attributes: a bare `<input>` or `<output>` says what to put there. */
export const HTML_NAMES: ReadonlySet<string> = new Set([
  ...ALLOWED,
  ...WITHOUT_TEXT.filter((name) => !['object', 'embed'].includes(name)),
  ...PLAIN_BOXES.filter((name) => name !== 'source'),
  ...names(
    'applet audio blink button canvas datalist dialog dir fieldset form frameset iframe label legend marquee math menu meter optgroup option plaintext portal progress select svg textarea video',
  ),
])
