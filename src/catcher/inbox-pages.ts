import { html, raw } from 'hono/html'
import { STYLE } from './inbox-style.ts'
import type { CaughtMessage } from './store.ts'

type Markup = ReturnType<typeof html>

export const VIEWS = ['html', 'text', 'source', 'headers'] as const
export type View = (typeof VIEWS)[number]

const VIEW_NAMES: Record<View, string> = {
  html: 'HTML',
  text: 'Text',
  source: 'Source',
  headers: 'Headers',
}
/** A browser can show more, but nobody reads it. */
const SOURCE_LIMIT = 1_000_000
/** How often an open list asks for news. */
const REFRESH_MS = 2_000

/** @param nonce what the policy of this very answer allows to style and run */
function page(nonce: string, title: string, body: Markup, head: Markup | '' = ''): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${head}
<style nonce="${nonce}">${raw(STYLE)}</style>
</head>
<body>${body}</body>
</html>`
}

export function notFoundPage(nonce: string): Markup {
  const body = html`<main class="narrow"><h1>Nothing here</h1>
<p class="quiet">The inbox has an address of its own, which Postrider prints when it starts.</p></main>`
  return page(nonce, 'Nothing here', body)
}

export function listPage(list: {
  nonce: string
  messages: CaughtMessage[]
  query: string
  count: number
  matching: number
  isFirst: boolean
  olderThan: string | null
}): Markup {
  const { nonce, query, count } = list
  const noScript = html`<noscript><meta http-equiv="refresh" content="5"></noscript>`
  const body = html`<header class="bar"><div class="wide bar-inner">
<div><h1><a href="./">Inbox</a></h1><p class="quiet">${summary(list)}</p></div>
<form role="search" action="./" method="get">
<input type="search" name="q" value="${query}" aria-label="Search recipients and subjects" placeholder="Recipient or subject">
<button>Search</button></form>
</div></header>
<main class="wide">${count === 0 ? emptyInbox() : rows(list.messages)}
${list.olderThan === null ? '' : olderLink(query, list.olderThan)}
<footer class="quiet">Postrider’s catcher takes every mail and passes none on. Times are in ${zoneName()}.</footer>
</main>${list.isFirst ? refreshScript(nonce, count) : ''}`
  return page(nonce, `Inbox (${number(count)})`, body, list.isFirst ? noScript : '')
}

function summary({ query, count, matching }: { query: string; count: number; matching: number }) {
  if (query !== '')
    return `${number(matching)} of ${number(count)} match “${query}”. Nobody is mailed.`
  return `${number(count)} ${count === 1 ? 'message' : 'messages'} caught. Nobody is mailed.`
}

function emptyInbox(): Markup {
  return html`<section class="empty"><h2>Nothing has come yet</h2>
<p>Send an issue, or a test of one, and it appears here by itself:</p>
<pre>npx postrider test issues/FILE.md --to you@reader.test</pre></section>`
}

function rows(messages: CaughtMessage[]): Markup {
  if (messages.length === 0)
    return html`<section class="empty"><h2>No message matches</h2></section>`
  return html`<ol class="rows">${messages.map(
    (message) => html`<li><a href="m/${message.id}">
<span class="subject">${message.subject || '(no subject)'}</span>
<span class="to">${message.to}</span>
<span class="when">${time(message.receivedAt)}</span>
<span class="size">${size(message.octets)}</span></a></li>`,
  )}</ol>`
}

function olderLink(query: string, before: string): Markup {
  const search = new URLSearchParams(query === '' ? { before } : { q: query, before })
  return html`<p class="more"><a href="./?${search.toString()}">Older messages</a></p>`
}

/** Only news reload the list, and never under the hands of somebody who types. */
function refreshScript(nonce: string, count: number): Markup {
  const script = `setInterval(async () => {
  if (document.hidden || document.activeElement?.name === 'q') return
  try {
    const { count } = await (await fetch('count')).json()
    if (count !== ${count}) location.reload()
  } catch {}
}, ${REFRESH_MS})`
  return html`<script nonce="${nonce}">${raw(script)}</script>`
}

export type MessageView = {
  nonce: string
  message: CaughtMessage
  view: View
  isPhone: boolean
  showsImages: boolean
  sandbox: string
  text: string
  hasHtml: boolean
  raw: string
  newer: string | null
  older: string | null
}

export function messagePage(shown: MessageView): Markup {
  const { message } = shown
  const subject = message.subject || '(no subject)'
  const body = html`<header class="bar"><div class="wide bar-inner">
<a class="back" href="../">← Inbox</a>
<nav aria-label="Messages">${step(shown.newer, 'Newer')}${step(shown.older, 'Older')}</nav>
</div></header>
<main class="wide"><h1 class="title">${subject}</h1>
<dl class="envelope">
<div><dt>To</dt><dd>${message.to}</dd></div>
<div><dt>Received</dt><dd>${time(message.receivedAt)} <span class="quiet">${zoneName()}</span></dd></div>
<div><dt>Size</dt><dd>${size(message.octets)} · <a href="${message.id}/raw">save as .eml</a></dd></div>
<div><dt>Returns to</dt><dd class="path">${message.from === '' ? 'nobody' : message.from}</dd></div>
</dl>
<nav class="tabs" aria-label="Views">${VIEWS.map((view) => tab(view, shown.view))}</nav>
${content(shown)}</main>`
  return page(shown.nonce, subject, body)
}

function step(id: string | null, name: string): Markup {
  return id === null ? html`<span class="off">${name}</span>` : html`<a href="${id}">${name}</a>`
}

function tab(view: View, current: View): Markup {
  const mark = view === current ? raw(' aria-current="page"') : ''
  return html`<a href="?view=${view}"${mark}>${VIEW_NAMES[view]}</a>`
}

function content(shown: MessageView): Markup {
  switch (shown.view) {
    case 'html':
      return shown.hasHtml ? frame(shown) : nothing('This message has no HTML part.')
    case 'text':
      return shown.text
        ? html`<pre class="text">${linked(shown.text)}</pre>`
        : nothing('This message has no text part.')
    case 'source':
      return html`<pre>${shown.raw.slice(0, SOURCE_LIMIT)}</pre>`
    case 'headers':
      return html`<pre>${shown.raw.split(/\r?\n\r?\n/, 1)[0] ?? ''}</pre>`
  }
}

function frame({ message, isPhone, showsImages, sandbox }: MessageView): Markup {
  const query = (phone: boolean, images: boolean) =>
    `?view=html${phone ? '&width=phone' : ''}${images ? '&images=1' : ''}`
  const source = `${message.id}/html${showsImages ? '?images=1' : ''}`
  return html`<p class="tools">
<a class="width" href="${query(!isPhone, showsImages)}">${isPhone ? 'Full width' : 'Phone width'}</a>
<a href="${query(isPhone, !showsImages)}">${showsImages ? 'Block images' : 'Load images'}</a></p>
<iframe class="${isPhone ? 'phone' : 'full'}" title="The message as HTML" src="${source}" sandbox="${sandbox}" referrerpolicy="no-referrer"></iframe>`
}

function nothing(words: string): Markup {
  return html`<p class="quiet">${words}</p>`
}

function linked(text: string): Markup[] {
  return text
    .split(/(https?:\/\/[^\s<>"'）】」，。；]+)/)
    .map((piece, i) =>
      i % 2 === 1
        ? html`<a href="${piece}" target="_blank" rel="noreferrer">${piece}</a>`
        : html`${piece}`,
    )
}

const DAY_AND_TIME = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

function time(at: Date): Markup {
  return html`<time datetime="${at.toISOString()}" title="${at.toISOString()}">${DAY_AND_TIME.format(at)}</time>`
}

function zoneName(): string {
  return DAY_AND_TIME.resolvedOptions().timeZone
}

function size(octets: number): string {
  return octets < 1000 ? `${octets} B` : `${(octets / 1000).toFixed(octets < 100_000 ? 1 : 0)} KB`
}

function number(value: number): string {
  return value.toLocaleString('en')
}
