/** @jsxRuntime automatic */
import { render } from '@react-email/components'
import ConfirmMail from '../../emails/confirm.tsx'
import NoticeMail from '../../emails/notice.tsx'
import StayMail from '../../emails/stay.tsx'
import WelcomeMail from '../../emails/welcome.tsx'
import type { Words } from '../../emails/words/phrases.ts'
import { wordsFor } from '../../emails/words.ts'
import type { Design } from './design.ts'
import { COLUMNS, wrapText } from './text-layout.ts'
import { underlined } from './token-text.ts'

type About = {
  newsletterName: string
  /** Of this mail: the reader's where it is known. */
  language: string
}

/** Single mails: what the outbox sends. */
export type SystemMail =
  | (About & { kind: 'confirm'; address: string; confirmUrl: string; expiresInDays: number })
  | (About & {
      kind: 'welcome'
      address: string
      unsubscribeUrl: string
      archiveUrl?: string | null
    })
  | (About & { kind: 'test' })
  | (About & {
      kind: 'stay'
      address: string
      stayUrl: string
      unsubscribeUrl: string
      /** Who does not answer is taken off. */
      retires: boolean
    })
  | (About & {
      kind: 'notice'
      subject: string
      lines: readonly string[]
      link?: { href: string; label: string } | null
    })

export type RenderedMail = { subject: string; html: string; text: string }

/** Subject, HTML and text of one mail of ours to one person. */
export async function renderSystemMail(mail: SystemMail, design: Design): Promise<RenderedMail> {
  const frame: Frame = {
    language: mail.language,
    brandColor: design.brandColor,
    newsletterName: mail.newsletterName,
    postalAddress: design.postalAddress,
  }
  switch (mail.kind) {
    case 'confirm':
      return confirmMail(frame, mail)
    case 'welcome':
      return welcomeMail(frame, mail)
    case 'test': {
      const { test } = wordsFor(mail.language)
      const lines = [test.lead(mail.newsletterName)]
      return noticeMail(frame, { subject: test.subject(mail.newsletterName), lines })
    }
    case 'stay':
      return stayMail(frame, mail)
    case 'notice':
      return noticeMail(frame, mail)
  }
}

type Frame = Omit<Design, 'timeZone'>
type MailOf<Kind> = Omit<Extract<SystemMail, { kind: Kind }>, 'kind' | keyof About>

async function confirmMail(frame: Frame, mail: MailOf<'confirm'>): Promise<RenderedMail> {
  const words = wordsFor(frame.language)
  const { address, confirmUrl, expiresInDays } = mail
  const lead = [
    words.confirm.lead(frame.newsletterName, address),
    words.confirm.ifNotYou(expiresInDays),
  ]
  return {
    subject: words.confirm.subject(frame.newsletterName),
    html: await render(<ConfirmMail {...frame} {...{ address, confirmUrl, expiresInDays }} />),
    text: letterText(words, {
      heading: words.confirm.heading,
      lead,
      link: { href: confirmUrl, label: words.confirm.button },
      foot: [words.whySystem(frame.newsletterName), frame.postalAddress],
    }),
  }
}

async function welcomeMail(frame: Frame, mail: MailOf<'welcome'>): Promise<RenderedMail> {
  const words = wordsFor(frame.language)
  const { address, unsubscribeUrl, archiveUrl = null } = mail
  const [before, after] = words.whyIssue(frame.newsletterName)
  const lead = [
    words.welcome.lead(frame.newsletterName, address),
    words.welcome.next(frame.newsletterName),
  ]
  return {
    subject: words.welcome.subject(frame.newsletterName),
    html: await render(<WelcomeMail {...frame} {...{ address, archiveUrl, unsubscribeUrl }} />),
    text: letterText(words, {
      heading: words.welcome.heading,
      lead,
      link: archiveUrl === null ? null : { href: archiveUrl, label: words.welcome.button },
      foot: [
        `${before}${address}${after}`,
        frame.postalAddress,
        `${words.unsubscribe}${words.colon}\n${unsubscribeUrl}`,
      ],
    }),
  }
}

async function stayMail(frame: Frame, mail: MailOf<'stay'>): Promise<RenderedMail> {
  const words = wordsFor(frame.language)
  const { address, stayUrl, unsubscribeUrl, retires } = mail
  const [before, after] = words.whyIssue(frame.newsletterName)
  return {
    subject: words.stay.subject(frame.newsletterName),
    html: await render(<StayMail {...frame} {...{ address, stayUrl, unsubscribeUrl, retires }} />),
    text: letterText(words, {
      heading: words.stay.heading,
      lead: words.stay.lead(frame.newsletterName, retires),
      link: { href: stayUrl, label: words.stay.button },
      foot: [
        `${before}${address}${after}`,
        frame.postalAddress,
        `${words.unsubscribe}${words.colon}\n${unsubscribeUrl}`,
      ],
    }),
  }
}

async function noticeMail(frame: Frame, mail: MailOf<'notice'>): Promise<RenderedMail> {
  const words = wordsFor(frame.language)
  const { subject, lines, link = null } = mail
  return {
    subject,
    html: await render(<NoticeMail {...frame} {...{ subject, lines }} button={link} />),
    text: letterText(words, {
      heading: subject,
      lead: lines,
      link,
      foot: [words.whyNotice(frame.newsletterName), frame.postalAddress],
    }),
  }
}

function letterText(
  words: Words,
  letter: {
    heading: string
    lead: readonly string[]
    link: { href: string; label: string } | null
    foot: readonly string[]
  },
): string {
  const wrapped = (text: string): string =>
    text
      .split('\n')
      .flatMap((line) => wrapText(line))
      .join('\n')
  const { link } = letter
  const parts = [
    underlined(letter.heading, '=', COLUMNS).join('\n'),
    ...letter.lead.map(wrapped),
    ...(link === null ? [] : [`${link.label}${words.colon}\n${link.href}`]),
    '-'.repeat(COLUMNS),
    ...letter.foot.map(wrapped),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}
