/** @jsxRuntime automatic */
import { Hr } from '@react-email/components'
import { Fragment } from 'react'
import type { Theme } from '../theme.ts'
import { MailLink } from './mail-link.tsx'

export type ContentsSection = {
  title: string
  anchor: string
  items: { title: string; anchor: string }[]
}

/** Section names with their items, each a link inside the mail. */
export function Contents(props: {
  theme: Theme
  label: string
  language: string
  sections: ContentsSection[]
}) {
  const { accent, ink, quiet, line } = props.theme.light
  const linkTo = (anchor: string, title: string, color: string, className: 'title' | 'accent') => (
    <MailLink className={className} href={`#${anchor}`} color={color} underline={false}>
      {title}
    </MailLink>
  )
  const row = { fontSize: '15px' }
  return (
    <>
      <Hr className="rule" style={{ margin: '28px 0 0', borderTop: `1px solid ${line}` }} />
      <p
        className="quiet"
        lang={props.language}
        style={{ margin: '20px 0 0', fontSize: '13px', color: quiet }}
      >
        {props.label}
      </p>
      {props.sections.map((section) => (
        <Fragment key={section.anchor}>
          <p style={{ ...row, margin: '12px 0 0', fontWeight: 600 }}>
            {linkTo(section.anchor, section.title, accent, 'accent')}
          </p>
          {section.items.map((item) => (
            <p key={item.anchor} style={{ ...row, margin: '4px 0 0' }}>
              {linkTo(item.anchor, item.title, ink, 'title')}
            </p>
          ))}
        </Fragment>
      ))}
      <Hr className="rule" style={{ margin: '24px 0 0', borderTop: `1px solid ${line}` }} />
    </>
  )
}
