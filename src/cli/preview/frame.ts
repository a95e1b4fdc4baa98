/** How a mail is looked at. */
export type Look = Readonly<{ isDark: boolean; hasImages: boolean; hasStyles: boolean }>

/** The policy of a framed mail: nothing in it runs but our own line that tells its height. */
export function framePolicy(nonce: string, { hasImages }: Look): string {
  return [
    'sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox',
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'unsafe-inline'",
    `img-src ${hasImages ? "'self' data: https: http:" : "'none'"}`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ].join('; ')
}

/** The mail as a client with these habits would draw it, whatever this browser prefers. */
export function framedMail(html: string, nonce: string, look: Look): string {
  const styled = look.hasStyles ? inScheme(html, look.isDark) : withoutStyles(html)
  return insertBeforeEnd(styled, `<script nonce="${nonce}">${SCRIPT}</script>`)
}

function inScheme(html: string, isDark: boolean): string {
  const scheme = isDark ? 'dark' : 'light'
  return html
    .replace(
      /@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)/gi,
      isDark ? '@media all' : '@media not all',
    )
    .replace(
      /(<meta[^>]*name="(?:color-scheme|supported-color-schemes)"[^>]*content=")[^"]*/gi,
      `$1${scheme}`,
    )
    .replace(/\b((?:supported-)?color-schemes?):\s*light dark/gi, `$1:${scheme}`)
}

function withoutStyles(html: string): string {
  return html.replace(/<style\b[^>]*>[\s\S]*?<\/style>/gi, '')
}

function insertBeforeEnd(html: string, markup: string): string {
  const at = html.toLowerCase().lastIndexOf('</body>')
  return at === -1 ? html + markup : html.slice(0, at) + markup + html.slice(at)
}

/** Across the sandbox only messages pass: the height, and where a link within the mail leads. */
const SCRIPT = `
const tell = (message) => parent.postMessage(message, '*')
const tellHeight = () => tell({ height: Math.ceil(document.documentElement.getBoundingClientRect().height) })
// At once, too: a browser does not draw what is out of sight, and then nothing is observed.
tellHeight()
new ResizeObserver(tellHeight).observe(document.documentElement)
addEventListener('load', tellHeight, true)
addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href]')
  if (!link) return
  const href = link.getAttribute('href')
  if (!href.startsWith('#')) return void (link.target = '_blank', link.rel = 'noreferrer')
  event.preventDefault()
  const name = decodeURIComponent(href.slice(1))
  const target = document.getElementById(name) ?? document.getElementsByName(name)[0]
  if (target) tell({ top: target.getBoundingClientRect().top })
})
addEventListener('keydown', (event) => {
  if (!event.ctrlKey && !event.metaKey && !event.altKey) tell({ key: event.key })
})
`
