/** @jsxRuntime automatic */
import { Heading, Text } from '@react-email/components'
import type { Theme } from '../theme.ts'
import { MailLink } from './mail-link.tsx'

/** The newsletter's name set in type, the title, then date and the quiet way to the web version. */
export function Masthead(props: {
  theme: Theme
  newsletterName: string
  title: string
  date: string | null
  web: { href: string; label: string } | null
}) {
  const { accent, quiet } = props.theme.light
  return (
    <>
      <Text
        className="accent"
        style={{
          margin: 0,
          fontSize: '16px',
          lineHeight: '1.5',
          fontWeight: 600,
          color: accent,
        }}
      >
        {props.newsletterName}
      </Text>
      <Heading
        as="h1"
        style={{ margin: '8px 0 0', fontSize: '28px', lineHeight: '1.3', fontWeight: 700 }}
      >
        {props.title}
      </Heading>
      {props.date === null && props.web === null ? null : (
        <Text
          className="quiet"
          style={{ margin: '12px 0 0', fontSize: '14px', lineHeight: '1.6', color: quiet }}
        >
          {props.date}
          {props.date !== null && props.web !== null ? ' · ' : null}
          {props.web === null ? null : (
            <MailLink href={props.web.href} color={quiet} underline>
              {props.web.label}
            </MailLink>
          )}
        </Text>
      )}
    </>
  )
}
