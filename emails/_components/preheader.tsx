/** @jsxRuntime automatic */
/** What an inbox shows beside the subject; padded, or the mail's first words would follow it there. */
export function Preheader({ text }: { text: string }) {
  return (
    <div
      style={{
        display: 'none',
        overflow: 'hidden',
        lineHeight: '1px',
        opacity: 0,
        maxHeight: 0,
        maxWidth: 0,
      }}
    >
      {text}
      <span
        // biome-ignore lint/security/noDangerouslySetInnerHtml: entities keep an English mail ASCII
        dangerouslySetInnerHTML={{ __html: '&#847;&nbsp;'.repeat(80) }}
      />
    </div>
  )
}
