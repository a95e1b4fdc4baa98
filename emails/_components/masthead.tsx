/** @jsxRuntime automatic */
import { Heading } from '@react-email/components'
import { headingFont, type Theme } from '../theme.ts'
import type { ThemeChoices } from '../theme-choices.ts'
import { MailLink } from './mail-link.tsx'

/** The newsletter's logo or its name set in type, the title, then date and the quiet way to the web version. */
export function Masthead(props: {
  theme: Theme
  newsletterName: string
  logo: ThemeChoices['logo']
  title: string
  date: string | null
  web: { href: string; label: string; language: string } | null
}) {
  const { theme } = props
  const { quiet } = theme.light
  return (
    <>
      {props.logo === null ? (
        <Name theme={theme}>{props.newsletterName}</Name>
      ) : (
        <Logo logo={props.logo} name={props.newsletterName} theme={theme} />
      )}
      <Heading as="h1" style={{ margin: '12px 0 0', font: headingFont(theme, 1) }}>
        {props.title}
      </Heading>
      {props.date === null && props.web === null ? null : (
        <p className="quiet" style={{ margin: '12px 0 0', fontSize: '14px', color: quiet }}>
          {props.date}
          {props.date !== null && props.web !== null ? ' · ' : null}
          {props.web === null ? null : (
            <MailLink href={props.web.href} color={quiet} underline lang={props.web.language}>
              {props.web.label}
            </MailLink>
          )}
        </p>
      )}
    </>
  )
}

export function Name(props: { theme: Theme; children: string }) {
  return (
    <p className="accent" style={{ margin: 0, fontWeight: 600, color: props.theme.light.accent }}>
      {props.children}
    </p>
  )
}

/** Where a logo has a dark form, both are there and one is hidden: clients without a style sheet show the light one. */
function Logo(props: { logo: NonNullable<ThemeChoices['logo']>; name: string; theme: Theme }) {
  const { url, darkUrl, width, height } = props.logo
  // With images off its alt text is the newsletter's name, set as the name is.
  const style = {
    maxWidth: '100%',
    height: 'auto',
    border: 0,
    fontSize: '16px',
    fontWeight: 600,
    color: props.theme.light.accent,
  }
  const image = { width, height }
  return (
    <p style={{ margin: 0 }}>
      <img
        {...image}
        src={url}
        alt={props.name}
        className={darkUrl === null ? 'accent' : 'accent logo-light'}
        style={{ display: 'inline-block', ...style }}
      />
      {darkUrl === null ? null : (
        <img
          {...image}
          src={darkUrl}
          alt={props.name}
          className="accent logo-dark"
          style={{ display: 'none', ...{ msoHide: 'all' }, ...style }}
        />
      )}
    </p>
  )
}
