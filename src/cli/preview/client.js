// The preview's page in the browser: draws what `state` says, and frames mails that may do nothing but tell their height.

const byId = (id) => document.getElementById(id)
const stage = byId('stage')

const PANES = {
  desktop: { title: 'Desktop', width: 720 },
  phone: { title: 'Phone', width: 375 },
  dark: { title: 'Dark', width: 720, look: { dark: true } },
  images: { title: 'Images off', width: 720, look: { images: true } },
  web: { title: 'Web', width: 900, kind: 'web' },
  text: { title: 'Text' },
  source: { title: 'Source' },
  headers: { title: 'Headers' },
}
const ALL = ['desktop', 'phone', 'dark', 'images', 'text', 'source']
const VIEWS = ['all', 'desktop', 'phone', 'text', 'source', 'web', 'headers']
const LOOKS = { d: 'dark', i: 'images', s: 'styles' }
/** A frame that tells nothing is shown after this time all the same. */
const FRAME_MS = 1500

let state = { version: 0, source: '', findings: [], broken: null, mail: null }
let panes = []
let at = -1
const chosen = { view: 'all', dark: false, images: false, styles: false, findings: true }
Object.assign(chosen, JSON.parse(sessionStorage.getItem('chosen') ?? '{}'))
if (VIEWS.includes(location.hash.slice(1))) chosen.view = location.hash.slice(1)

function element(tag, className, ...children) {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.append(...children)
  return made
}

// ---- panes ----

function layOut() {
  const names = chosen.view === 'all' ? ALL : [chosen.view]
  stage.dataset.view = chosen.view
  panes = names.map(makePane)
  stage.replaceChildren(...panes.map(({ box }) => box))
  fill()
}

function makePane(name) {
  const about = PANES[name]
  const scroll = element('div', 'scroll')
  scroll.tabIndex = 0
  scroll.setAttribute('role', 'group')
  scroll.setAttribute('aria-label', about.title)
  const box = element(
    'section',
    `pane ${about.width ? 'frame' : name}`,
    element('h2', '', about.title),
    scroll,
  )
  box.dataset.pane = name
  const pane = {
    name,
    about,
    box,
    scroll,
    sheet: null,
    shown: null,
    next: null,
    height: 0,
    scale: 1,
    place: 0,
    leftAt: 0,
    drawn: null,
  }
  if (about.width) {
    pane.sheet = element('div', 'sheet')
    scroll.append(pane.sheet)
    new ResizeObserver(() => scaleDown(pane)).observe(scroll)
  }
  return pane
}

function fill() {
  for (const pane of panes) {
    pane.box.classList.toggle('stale', state.broken !== null)
    if (pane.about.width) frame(pane)
    else if (pane.name === 'text') drawText(pane)
    else if (pane.name === 'source') drawSource(pane)
    else drawHeaders(pane)
  }
}

// ---- mails in frames ----

function lookOf(pane) {
  const look = chosen.view === 'all' ? {} : chosen
  return { ...look, ...pane.about.look }
}

/** The new one is drawn behind the old one and takes its place when it is ready: nothing flickers, nothing scrolls. */
function frame(pane) {
  if (!state.mail) return
  const look = lookOf(pane)
  const query = new URLSearchParams({
    v: String(state.mail.version),
    dark: look.dark ? '1' : '0',
    images: look.images ? '0' : '1',
    styles: look.styles ? '0' : '1',
  })
  const src = `frame/${pane.about.kind ?? 'mail'}?${query}`
  if (pane.drawn === src) return
  pane.drawn = src
  pane.next?.remove()
  const next = element('iframe', 'next')
  next.setAttribute('sandbox', 'allow-scripts allow-popups allow-popups-to-escape-sandbox')
  next.referrerPolicy = 'no-referrer'
  next.title = `${pane.about.title}: the mail`
  next.style.width = `${pane.about.width}px`
  next.style.height = `${Math.max(pane.height, 600)}px`
  next.src = src
  pane.next = next
  pane.nextIsDark = Boolean(look.dark)
  pane.sheet.append(next)
  setTimeout(() => pane.next === next && swap(pane, pane.height || 600), FRAME_MS)
}

function swap(pane, height) {
  pane.shown?.remove()
  pane.shown = pane.next
  pane.next = null
  pane.shown.classList.remove('next')
  pane.box.classList.toggle('night', pane.nextIsDark)
  pane.height = height
  scaleDown(pane)
}

/** A pane that is narrower than a desk shows the whole of it smaller. */
function scaleDown(pane) {
  keepPlace(pane, () => fitSheet(pane))
}

/**
 * A frame may tell a small height first, and the browser then scrolls the pane up: `place`, where the reader was, is
 * taken up again as soon as the mail is high enough.
 */
function keepPlace(pane, change) {
  const { scroll } = pane
  if (scroll.scrollTop !== pane.leftAt) pane.place = scroll.scrollTop / pane.scale
  change()
  const top = Math.round(pane.place * pane.scale)
  // Setting what it is would stop a scroll that is under way.
  if (scroll.scrollTop !== top) scroll.scrollTop = top
  pane.leftAt = scroll.scrollTop
}

function fitSheet(pane) {
  const room = pane.scroll.clientWidth
  const scale = Math.min(1, room / pane.about.width)
  const height = Math.max(pane.height, pane.scroll.clientHeight / scale)
  pane.scale = scale
  pane.sheet.style.width = `${Math.floor(pane.about.width * scale)}px`
  pane.sheet.style.height = `${Math.floor(height * scale)}px`
  for (const each of pane.sheet.children) {
    each.style.transform = `scale(${scale})`
    each.style.height = `${height}px`
  }
}

addEventListener('message', ({ source, data }) => {
  const pane = panes.find(
    ({ shown, next }) =>
      source && (shown?.contentWindow === source || next?.contentWindow === source),
  )
  if (!pane || typeof data !== 'object' || data === null) return
  if (typeof data.key === 'string') press(data.key)
  if (typeof data.top === 'number') {
    pane.scroll.scrollTo({ top: data.top * pane.scale - 12, behavior: 'smooth' })
  }
  if (typeof data.height !== 'number') return
  if (pane.next?.contentWindow === source) swap(pane, data.height)
  else if (Math.abs(pane.height - data.height) > 1) {
    pane.height = data.height
    scaleDown(pane)
  }
})

// ---- text ----

function drawText(pane) {
  const parts = (state.mail?.text ?? '').split(/(https?:\/\/[^\s<>"'）】」，。；]+)/)
  const nodes = parts.map((part, i) => {
    if (i % 2 === 0) return part
    const link = element('a', '', part)
    Object.assign(link, { href: part, target: '_blank', rel: 'noreferrer' })
    return link
  })
  pane.scroll.replaceChildren(element('pre', '', ...nodes))
}

async function drawHeaders(pane) {
  const text = await (await fetch('headers')).text()
  pane.scroll.replaceChildren(element('pre', '', text))
}

function drawSource(pane) {
  const before = pane.source
  const lines = state.source.split(/\r\n?|\n/)
  const notes = groupByLine(state.findings)
  const isNew = changed(before, lines)
  const list = lines.map((text, i) => sourceLine(i + 1, text, notes.get(i + 1) ?? [], isNew(i)))
  const top = pane.scroll.scrollTop
  pane.scroll.replaceChildren(element('ol', 'lines', ...list))
  pane.scroll.scrollTop = top
  // The first state is not an edit.
  if (state.version > 0) pane.source = lines
  markHere()
}

function groupByLine(findings) {
  const lines = new Map()
  for (const each of findings) {
    const line = each.line ?? 1
    lines.set(line, [...(lines.get(line) ?? []), each])
  }
  return lines
}

/** Which lines are not as they were: what lies between the equal beginning and the equal end. */
function changed(before, lines) {
  if (!before) return () => false
  let from = 0
  while (from < lines.length && before[from] === lines[from]) from += 1
  let end = 0
  while (
    end < Math.min(lines.length, before.length) - from &&
    before.at(-1 - end) === lines.at(-1 - end)
  ) {
    end += 1
  }
  return (i) => i >= from && i < lines.length - end
}

function sourceLine(number, text, notes, isNew) {
  const severity = notes.some((note) => note.severity === 'error') ? 'error' : 'warning'
  const line = element(
    'li',
    [notes.length > 0 && `has-${severity}`, isNew && 'new'].filter(Boolean).join(' '),
    element('span', 'no', String(number)),
    element('code', '', text),
    ...notes.map(({ severity: kind, what }) =>
      element('p', `note ${kind}`, `${markOf(kind)} ${what}`),
    ),
  )
  line.dataset.line = String(number)
  return line
}

// ---- findings ----

const markOf = (severity) => (severity === 'error' ? '✗' : '!')
const sentence = (words) =>
  `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?)…]$/.test(words) ? '' : '.'}`

function drawFindings() {
  const errors = state.findings.filter(({ severity }) => severity === 'error').length
  const warnings = state.findings.length - errors
  const button = byId('toggle-findings')
  const count = element('span', `count ${errors > 0 ? 'errors' : warnings > 0 ? 'warnings' : ''}`)
  count.textContent = String(state.findings.length)
  button.replaceChildren('Findings ', count)
  const title =
    state.findings.length === 0
      ? 'Nothing found'
      : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`
  const none = element('p', 'none quiet', '✓ It could be sent as it is.')
  const list = element('ol', '', ...state.findings.map(findingRow))
  byId('findings').replaceChildren(element('h2', '', title), state.findings.length ? list : none)
  byId('findings').hidden = !chosen.findings
}

const plural = (value, noun) => `${value} ${noun}${value === 1 ? '' : 's'}`

function findingRow({ severity, line, what, why, fix }, index) {
  const mark = element('span', 'mark', markOf(severity))
  mark.setAttribute('aria-label', severity)
  const words = element(
    'span',
    '',
    element('span', 'what', sentence(what)),
    element('span', 'where', line === null ? 'The whole issue' : `Line ${line}`),
    element('span', 'more', `${sentence(why)} ${sentence(fix)}`),
  )
  const button = element('button', severity, mark, words)
  button.type = 'button'
  button.addEventListener('click', () => goTo(index))
  const row = element('li', '', button)
  row.dataset.finding = String(index)
  return row
}

function goTo(index) {
  if (state.findings.length === 0) return
  at = (index + state.findings.length) % state.findings.length
  if (!panes.some(({ name }) => name === 'source')) choose({ view: 'source' })
  markHere()
  const row = document.querySelector('aside li.here')
  row?.scrollIntoView({ block: 'nearest' })
  document.querySelector('.lines li.here')?.scrollIntoView({ block: 'center', behavior: 'smooth' })
}

function markHere() {
  const line = state.findings[at]?.line ?? null
  for (const each of document.querySelectorAll('aside li')) {
    each.classList.toggle('here', each.dataset.finding === String(at))
  }
  for (const each of document.querySelectorAll('.lines li')) {
    each.classList.toggle('here', line !== null && each.dataset.line === String(line))
  }
}

// ---- the whole ----

function draw() {
  const { mail, broken, findings } = state
  byId('from').textContent = mail?.from ?? ''
  byId('subject').textContent = mail?.subject ?? ''
  byId('preheader').textContent = mail?.preheader ?? ''
  byId('sizes').textContent = mail
    ? `HTML ${kilobytes(mail.sizes.htmlBytes)}, text ${kilobytes(mail.sizes.textBytes)}`
    : ''
  const first = findings.find(({ severity }) => severity === 'error')
  const where = first?.line ? `Line ${first.line}: ` : ''
  const last = mail ? 'What you see is the last state that could be read.' : ''
  const banner = byId('banner')
  banner.hidden = broken === null && !first
  const words = sentence(`${where}${first?.what ?? broken ?? ''}`)
  banner.textContent = `✗ ${words} ${broken === null ? 'It would stop a send.' : last}`
  fill()
  drawFindings()
}

const kilobytes = (bytes) => (bytes < 1024 ? `${bytes} B` : `${Math.round(bytes / 1024)} KB`)

function choose(change) {
  const view = chosen.view
  Object.assign(chosen, change)
  sessionStorage.setItem('chosen', JSON.stringify(chosen))
  history.replaceState(null, '', `#${chosen.view}`)
  for (const button of document.querySelectorAll('[data-view]')) {
    if (button.dataset.view === chosen.view) button.setAttribute('aria-current', 'true')
    else button.removeAttribute('aria-current')
  }
  for (const button of document.querySelectorAll('[data-look]')) {
    button.setAttribute('aria-pressed', String(chosen[button.dataset.look]))
    button.disabled = !PANES[chosen.view]?.width
  }
  byId('toggle-findings').setAttribute('aria-pressed', String(chosen.findings))
  if (view !== chosen.view || panes.length === 0) layOut()
  else fill()
  drawFindings()
}

function press(key) {
  const lower = key.toLowerCase()
  const number = Number(key)
  if (number >= 1 && number <= VIEWS.length) choose({ view: VIEWS[number - 1] })
  else if (lower in LOOKS) choose({ [LOOKS[lower]]: !chosen[LOOKS[lower]] })
  else if (lower === 'f') choose({ findings: !chosen.findings })
  else if (lower === 'j') goTo(at + 1)
  else if (lower === 'k') goTo(Math.max(at, 0) - 1)
  else if (key === '?') byId('keys').showModal()
}

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId('keys').open) return
  press(event.key)
})
for (const button of document.querySelectorAll('button[data-view]')) {
  button.addEventListener('click', () => choose({ view: button.dataset.view }))
}
for (const button of document.querySelectorAll('[data-look]')) {
  const { look } = button.dataset
  button.addEventListener('click', () => choose({ [look]: !chosen[look] }))
}
byId('toggle-findings').addEventListener('click', () => choose({ findings: !chosen.findings }))
byId('help').addEventListener('click', () => byId('keys').showModal())

async function refresh() {
  state = await (await fetch('state')).json()
  if (at >= state.findings.length) at = -1
  draw()
  byId('status').textContent = `as of ${new Date().toLocaleTimeString()}`
  document.body.dataset.version = String(state.version)
}

choose({})
const news = new EventSource('events')
news.addEventListener('message', ({ data }) => {
  // A server that was started anew counts anew.
  if (Number(data) !== state.version || state.version === 0) refresh().catch(lost)
})
news.addEventListener('error', lost)

function lost() {
  byId('status').textContent = 'Not connected: does `postrider preview` still run?'
}
