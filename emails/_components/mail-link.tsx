/** @jsxRuntime automatic */
import type { CSSProperties, ReactNode } from 'react'

/**
 * A link in our own words. Not React Email's: that opens every link in a new window, also those within the mail, and
 * says its decoration in a property that Outlook on Windows does not read.
 */
export function MailLink(props: {
  href: string
  color: string
  underline: boolean
  /** What the dark palette knows it by; none where the text around it decides. */
  className?: 'title' | 'accent'
  lang?: string
  style?: CSSProperties
  children: ReactNode
}) {
  const { href, className, lang } = props
  return (
    <a
      {...{ href, className, lang }}
      style={{
        color: props.color,
        textDecoration: props.underline ? 'underline' : 'none',
        ...props.style,
      }}
    >
      {props.children}
    </a>
  )
}
