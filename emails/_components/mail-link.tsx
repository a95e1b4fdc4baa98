/** @jsxRuntime automatic */
import { Link } from '@react-email/components'
import type { ReactNode } from 'react'

/**
 * React Email's link, with the decoration said in the one property that Outlook on Windows reads.
 */
export function MailLink(props: {
  href: string
  color: string
  underline: boolean
  /** What the dark palette knows it by; none where the text around it decides. */
  className?: 'title' | 'accent'
  children: ReactNode
}) {
  return (
    <Link
      {...(props.className === undefined ? {} : { className: props.className })}
      href={props.href}
      // A link within the mail must not open a new window.
      target={props.href.startsWith('#') ? '_self' : '_blank'}
      style={{
        color: props.color,
        textDecoration: props.underline ? 'underline' : 'none',
        textDecorationLine: undefined,
      }}
    >
      {props.children}
    </Link>
  )
}
