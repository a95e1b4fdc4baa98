import type { Theme } from './theme.ts'

export type ProseStyles = Record<
  | 'p'
  | 'a'
  | 'heading1'
  | 'heading2'
  | 'heading3'
  | 'heading4'
  | 'list'
  | 'nestedList'
  | 'deepList'
  | 'li'
  | 'taskItem'
  | 'notes'
  | 'dl'
  | 'dt'
  | 'dd'
  | 'quote'
  | 'pre'
  | 'code'
  | 'kbd'
  | 'mark'
  | 'small'
  | 'ruby'
  | 'image'
  | 'sizedImage'
  | 'inlineImage'
  | 'figure'
  | 'caption'
  | 'details'
  | 'summary'
  | 'hr'
  | 'tableBox'
  | 'tableGuard'
  | 'table'
  | 'th'
  | 'td'
  | 'firstTh'
  | 'firstTd'
  | 'plain',
  string
>

/** The style attributes of running text. Fonts and breaking are inherited from the cell that holds it. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table, one line a row
export function proseStyles(theme: Theme): ProseStyles {
  const { light, mono, direction } = theme
  const start = direction === 'rtl' ? 'right' : 'left'
  const heading = (size: number, space: number): string =>
    `margin:${space}px 0 8px;font-size:${size}px;font-weight:600`
  const alt = `font-size:14px;color:${light.quiet}`
  // Words stay whole here: the box scrolls, and the cell around it cannot be widened.
  const rest = `border-bottom:1px solid ${light.line};vertical-align:top;word-break:normal`
  const cell = `padding:8px;${rest}`
  // The first column stands in line with the text around it.
  const first = `padding:${start === 'left' ? '8px 8px 8px 0' : '8px 0 8px 8px'};${rest}`
  const picture = `height:auto;margin:0;border:0;border-radius:8px;${alt}`
  const quiet = `font-size:13px;color:${light.quiet}`
  const indent = `margin:0 0 16px;padding:0;padding-${start}:24px`
  return {
    p: 'margin:0 0 16px',
    a: `color:${light.accent};text-decoration:underline`,
    heading1: heading(24, 40),
    heading2: heading(20, 36),
    heading3: heading(18, 28),
    heading4: heading(16, 24),
    list: indent,
    nestedList: `margin:6px 0 0;padding:0;padding-${start}:24px`,
    deepList: 'margin:6px 0 0;padding:0;list-style-position:inside',
    li: 'margin:0 0 6px',
    taskItem: 'margin:0 0 6px;list-style-type:none',
    notes: `${indent};font-size:14px;color:${light.quiet}`,
    dl: 'margin:0 0 16px',
    dt: 'margin:12px 0 0;font-weight:600',
    dd: `margin:0;padding-${start}:24px`,
    quote: `margin:0 0 16px;padding:0;padding-${start}:16px;border-${start}:3px solid ${light.accent};color:${light.quiet}`,
    pre: `margin:0 0 16px;padding:14px 16px;border-radius:8px;background-color:${light.soft};font:14px/1.6 ${mono};text-align:left;white-space:pre-wrap;word-break:break-word;overflow-wrap:break-word`,
    code: `padding:2px 4px;border-radius:4px;background-color:${light.soft};font-family:${mono};font-size:14px`,
    kbd: `padding:1px 5px;border:1px solid ${light.line};border-radius:4px;background-color:${light.soft};font-family:${mono};font-size:13px`,
    mark: `padding:1px 2px;border-radius:2px;background-color:${light.soft};color:inherit;font-weight:600`,
    small: 'font-size:13px',
    ruby: 'font-size:12px',
    image: `display:block;width:auto;max-width:100%;${picture}`,
    sizedImage: `display:block;width:100%;${picture}`,
    inlineImage: `max-width:100%;height:auto;border:0;vertical-align:middle;${alt}`,
    figure: 'margin:0 0 16px',
    caption: `padding:6px 0 0;${quiet}`,
    details: 'margin:0 0 16px',
    summary: 'margin:0 0 8px;padding:8px 0;font-weight:600',
    hr: `margin:32px 0;border:0;border-top:1px solid ${light.line}`,
    tableBox: 'margin:0 0 16px;overflow-x:auto',
    tableGuard: 'width:100%;table-layout:fixed',
    table: 'border-collapse:collapse;font-size:14px',
    th: `${cell};text-align:${start};font-weight:600`,
    td: cell,
    firstTh: `${first};text-align:${start};font-weight:600`,
    firstTd: first,
    plain: '',
  }
}

/** For a mail that would be cut off: what is said here need not stand on each of a thousand links. */
export function terseProse(theme: Theme): string {
  const styles = proseStyles(theme)
  return [
    ['p', styles.p],
    ['a', styles.a],
    ['ul,.prose ol', styles.list],
    ['li ul,.prose li ol', styles.nestedList],
    ['li', styles.li],
    ['th,.prose td', styles.td],
  ]
    .map(([selector, declarations]) => `.prose ${selector}{${declarations}}`)
    .join('')
}
