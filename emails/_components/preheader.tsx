/** @jsxRuntime automatic */

/**
 * What an inbox shows beside the subject; padded, or the mail's first words would follow it there. A figure space is
 * as wide as a digit, and the invisible joiner between two keeps clients from making one of them all.
 */
export function Preheader({ text }: { text: string }) {
  return (
    <div
      style={{
        display: 'none',
        overflow: 'hidden',
        opacity: 0,
        maxHeight: 0,
        maxWidth: 0,
        // Read by Word alone.
        ...{ msoHide: 'all' },
      }}
    >
      {text}
      <span
        // biome-ignore lint/security/noDangerouslySetInnerHtml: entities keep an English mail ASCII
        dangerouslySetInnerHTML={{ __html: '&#847;&#8199;'.repeat(120) }}
      />
    </div>
  )
}
