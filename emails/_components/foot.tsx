/** @jsxRuntime automatic */
import type { ReactNode } from 'react'
import type { Theme } from '../theme.ts'
import { MailLink } from './mail-link.tsx'

/** Why this came and to whom, the sender's postal address, and the way out as plain words. */
export function Foot(props: {
  theme: Theme
  why: ReactNode
  postalAddress: string
  unsubscribe: { href: string; label: string } | null
}) {
  const { quiet, ink } = props.theme.light
  const small = { margin: '0 0 8px', fontSize: '13px', color: quiet }
  const postal = props.postalAddress
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return (
    <>
      {props.why === null ? null : (
        <p className="quiet" style={small}>
          {props.why}
        </p>
      )}
      {postal.length === 0 ? null : (
        <p className="quiet" style={small}>
          {postal.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of an address never move
            <span key={i}>
              {i === 0 ? null : <br />}
              {line}
            </span>
          ))}
        </p>
      )}
      {props.unsubscribe === null ? null : (
        <p style={{ margin: '4px 0 0' }}>
          {/* 26 px of line and 10 above and below: a target of 44. */}
          <MailLink
            className="title"
            href={props.unsubscribe.href}
            color={ink}
            underline
            style={{ display: 'inline-block', minWidth: 44, padding: '10px 0' }}
          >
            {props.unsubscribe.label}
          </MailLink>
        </p>
      )}
    </>
  )
}
