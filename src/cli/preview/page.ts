import { basename } from 'node:path'
import { html, raw } from 'hono/html'
import { STYLE } from './style.ts'

const VIEWS = [
  ['all', 'All'],
  ['desktop', 'Desktop'],
  ['phone', 'Phone'],
  ['text', 'Text'],
  ['source', 'Source'],
  ['web', 'Web'],
  ['headers', 'Headers'],
] as const

const LOOKS = [
  ['dark', 'Dark', 'D'],
  ['images', 'Images off', 'I'],
  ['styles', 'No styles', 'S'],
] as const

const KEYS = [
  ['1 … 7', 'the views, in their order'],
  ['D', 'dark, as a phone at night shows it'],
  ['I', 'images off, as many mail programs begin'],
  ['S', 'without <style>, as some programs draw it'],
  ['F', 'findings beside it, or not'],
  ['J, K', 'the next finding, the one before'],
  ['?', 'this list'],
] as const

/** What never changes; the rest is drawn by client.js from `state`, and mails come in frames. */
export function previewPage(nonce: string, file: string) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${basename(file)}</title>
<style nonce="${nonce}">${raw(STYLE)}</style>
</head>
<body>
<header class="bar">
<div class="file"><h1>${basename(file)}</h1><p class="quiet" id="status" role="status">Reading …</p></div>
<nav class="views" aria-label="Views">${VIEWS.map(
    ([name, title], i) =>
      html`<button type="button" data-view="${name}" title="Key ${i + 1}">${title}</button>`,
  )}</nav>
<div class="looks">${LOOKS.map(
    ([name, title, key]) =>
      html`<button type="button" data-look="${name}" aria-pressed="false" title="Key ${key}">${title}</button>`,
  )}<button type="button" id="toggle-findings" aria-pressed="true" title="Key F">Findings</button><button type="button" id="help" aria-label="Keys" title="Key ?">?</button></div>
</header>
<section class="inbox" aria-label="As an inbox shows it">
<span class="from" id="from"></span><span class="line"><b id="subject"></b><span id="preheader"></span></span>
<span class="quiet" id="sizes"></span><a href="issue.eml" download>Save as .eml</a>
</section>
<p class="banner" id="banner" role="alert" hidden></p>
<div class="work">
<main id="stage" tabindex="-1"></main>
<aside id="findings" aria-label="Findings"></aside>
</div>
<dialog id="keys" aria-label="Keys"><dl>${KEYS.map(
    ([key, words]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${words}</dd></div>`,
  )}</dl><form method="dialog"><button>Close</button></form></dialog>
<script type="module" nonce="${nonce}" src="client.js"></script>
</body>
</html>`
}
