/** @jsxRuntime automatic */
import { Button, Heading } from '@react-email/components'
import type { ReactNode } from 'react'
import { headingFont, makeTheme, type Theme } from '../theme.ts'
import { wordsFor } from '../words.ts'
import { Foot } from './foot.tsx'
import { MailLink } from './mail-link.tsx'
import { Name } from './masthead.tsx'
import { Shell } from './shell.tsx'

/** What every single mail of ours is told. */
export type LetterProps = {
  language: string
  brandColor: string
  newsletterName: string
  postalAddress: string
}

/** A short mail of ours: the newsletter's name, a heading, a few sentences, at most one button. */
export function Letter(
  props: LetterProps & {
    subject: string
    heading: string
    lead: readonly string[]
    button: { href: string; label: string } | null
    after?: ReactNode
    why: string
    unsubscribe: { href: string; label: string } | null
  },
) {
  const theme = makeTheme(props.brandColor, wordsFor(props.language).language)
  return (
    <Shell
      language={wordsFor(props.language).language}
      wording={wordsFor(props.language).language}
      theme={theme}
      title={props.subject}
      preheader={props.lead[0] ?? null}
      foot={
        <Foot
          theme={theme}
          why={props.why}
          postalAddress={props.postalAddress}
          unsubscribe={props.unsubscribe}
        />
      }
    >
      <Name theme={theme}>{props.newsletterName}</Name>
      <Heading as="h1" style={{ margin: '12px 0 0', font: headingFont(theme, 1) }}>
        {props.heading}
      </Heading>
      {props.lead.map((sentence, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rendered once
        <Paragraph key={i} marginTop={i === 0 ? 24 : 12}>
          {sentence}
        </Paragraph>
      ))}
      {props.button === null ? null : (
        <Action theme={theme} button={props.button} orOpen={wordsFor(props.language).orOpen} />
      )}
      {props.after}
    </Shell>
  )
}

export function Paragraph(props: { marginTop: number; children: ReactNode }) {
  return <p style={{ margin: `${props.marginTop}px 0 0` }}>{props.children}</p>
}

/** The one button, and the address behind it as text for whoever cannot press it. */
function Action(props: { theme: Theme; button: { href: string; label: string }; orOpen: string }) {
  const { accent, accentText, quiet } = props.theme.light
  return (
    <>
      <div style={{ margin: '28px 0 0' }}>
        <Button
          className="button"
          href={props.button.href}
          style={{
            padding: '14px 24px',
            borderRadius: '8px',
            backgroundColor: accent,
            color: accentText,
            fontSize: '16px',
            fontWeight: 600,
          }}
        >
          {props.button.label}
        </Button>
      </div>
      <p className="quiet" style={{ margin: '28px 0 0', fontSize: '13px', color: quiet }}>
        {props.orOpen}
        <br />
        <MailLink href={props.button.href} color={quiet} underline>
          {props.button.href}
        </MailLink>
      </p>
    </>
  )
}
