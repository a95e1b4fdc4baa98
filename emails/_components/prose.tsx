/** @jsxRuntime automatic */
import type { Theme } from '../theme.ts'

/**
 * Running text that was made safe and styled before it came here: `html` is markup, not text.
 */
export function Prose(props: { html: string; marginTop: number }) {
  return (
    <div
      className="prose"
      style={{ margin: `${props.marginTop}px 0 0` }}
      // biome-ignore lint/security/noDangerouslySetInnerHtml: made safe by whoever read the Markdown
      dangerouslySetInnerHTML={{ __html: props.html }}
    />
  )
}

export type ProseStyles = Record<
  | 'p'
  | 'a'
  | 'heading1'
  | 'heading2'
  | 'heading3'
  | 'heading4'
  | 'list'
  | 'nestedList'
  | 'li'
  | 'quote'
  | 'pre'
  | 'code'
  | 'image'
  | 'inlineImage'
  | 'hr'
  | 'tableBox'
  | 'table'
  | 'th'
  | 'td'
  | 'shortCell',
  string
>

/** The style attributes of running text. Fonts and breaking are inherited from the cell that holds it. */
export function proseStyles(theme: Theme): ProseStyles {
  const { light, mono, direction } = theme
  const start = direction === 'rtl' ? 'right' : 'left'
  const heading = (size: number, lineHeight: string, space: number): string =>
    `margin:${space}px 0 8px;font-size:${size}px;line-height:${lineHeight};font-weight:600`
  const alt = `font-size:14px;line-height:1.5;color:${light.quiet}`
  // Words stay whole here: the box scrolls, and the cell around it cannot be widened.
  const cell = `padding:8px;border-bottom:1px solid ${light.line};vertical-align:top;word-break:normal`
  return {
    p: 'margin:0 0 16px',
    a: `color:${light.accent};text-decoration:underline`,
    heading1: heading(24, '1.35', 40),
    heading2: heading(20, '1.4', 32),
    heading3: heading(18, '1.45', 28),
    heading4: heading(16, '1.5', 24),
    list: `margin:0 0 16px;padding:0;padding-${start}:24px`,
    nestedList: `margin:4px 0 0;padding:0;padding-${start}:24px`,
    li: 'margin:0 0 4px',
    quote: `margin:0 0 16px;padding:0;padding-${start}:16px;border-${start}:3px solid ${light.accent};color:${light.quiet}`,
    pre: `margin:0 0 16px;padding:12px 16px;border-radius:8px;background-color:${light.soft};font-family:${mono};font-size:14px;line-height:1.6;text-align:left;white-space:pre-wrap;word-break:break-word;overflow-wrap:break-word`,
    code: `padding:2px 4px;border-radius:4px;background-color:${light.soft};font-family:${mono};font-size:14px`,
    image: `display:block;max-width:100%;height:auto;margin:0;border:0;border-radius:8px;${alt}`,
    inlineImage: `max-width:100%;height:auto;border:0;vertical-align:middle;${alt}`,
    hr: `margin:32px 0;border:0;border-top:1px solid ${light.line}`,
    tableBox: 'margin:0 0 16px;overflow-x:auto',
    table: 'width:100%;border-collapse:collapse;font-size:14px;line-height:1.6',
    th: `${cell};text-align:${start};font-weight:600`,
    td: cell,
    shortCell: `${cell};white-space:nowrap`,
  }
}
