/** @jsxRuntime automatic */

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
