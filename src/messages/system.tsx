import { render } from '@react-email/components'
import ConfirmMail from '../../emails/confirm.tsx'
import NoticeMail from '../../emails/notice.tsx'
import WelcomeMail from '../../emails/welcome.tsx'
import { wordsFor } from '../../emails/words.ts'
import type { Design } from './design.ts'
import { columnsOf, wrapText } from './text-layout.ts'

type About = {
  newsletterName: string
  /** Of this mail: the reader's where it is known. */
  language: string
}

/** Single mails: what the outbox sends. */
export type SystemMail =
  | (About & { kind: 'confirm'; address: string; confirmUrl: string; expiresInDays?: number })
  | (About & {
      kind: 'welcome'
      address: string
      unsubscribeUrl: string
      archiveUrl?: string | null
    })
  | (About & { kind: 'test' })
  | (About & {
      kind: 'notice'
      subject: string
      lines: readonly string[]
      link?: { href: string; label: string } | null
    })

export type RenderedMail = { subject: string; html: string; text: string }

const CONFIRM_DAYS = 14

/** Subject, HTML and text of one mail of ours to one person. */
export async function renderSystemMail(mail: SystemMail, design: Design): Promise<RenderedMail> {
  const frame = {
    language: mail.language,
    brandColor: design.brandColor,
    newsletterName: mail.newsletterName,
    postalAddress: design.postalAddress,
  }
  const words = wordsFor(mail.language)
  const name = mail.newsletterName
  switch (mail.kind) {
    case 'confirm': {
      const days = mail.expiresInDays ?? CONFIRM_DAYS
      const { address, confirmUrl } = mail
      return {
        subject: words.confirm.subject(name),
        html: await render(
          <ConfirmMail {...frame} address={address} confirmUrl={confirmUrl} expiresInDays={days} />,
        ),
        text: letterText({
          heading: words.confirm.heading,
          lead: [words.confirm.lead(name, address), words.confirm.ifNotYou(days)],
          link: { href: confirmUrl, label: words.confirm.button },
          foot: [words.whySystem(name), design.postalAddress],
        }),
      }
    }
    case 'welcome': {
      const { address, unsubscribeUrl } = mail
      const archiveUrl = mail.archiveUrl ?? null
      const [before, after] = words.whyIssue(name)
      return {
        subject: words.welcome.subject(name),
        html: await render(
          <WelcomeMail
            {...frame}
            address={address}
            archiveUrl={archiveUrl}
            unsubscribeUrl={unsubscribeUrl}
          />,
        ),
        text: letterText({
          heading: words.welcome.heading,
          lead: [words.welcome.lead(name, address), words.welcome.next(name)],
          link: archiveUrl === null ? null : { href: archiveUrl, label: words.welcome.button },
          foot: [
            `${before}${address}${after}`,
            design.postalAddress,
            `${words.unsubscribe}:\n${unsubscribeUrl}`,
          ],
        }),
      }
    }
    case 'test':
      return notice(frame, design, {
        subject: words.test.subject(name),
        lines: [words.test.lead(name)],
        link: null,
      })
    case 'notice':
      return notice(frame, design, { ...mail, link: mail.link ?? null })
  }
}

async function notice(
  frame: Omit<Design, 'timeZone'>,
  design: Design,
  told: {
    subject: string
    lines: readonly string[]
    link: { href: string; label: string } | null
  },
): Promise<RenderedMail> {
  const why = wordsFor(frame.language).whyNotice(frame.newsletterName)
  return {
    subject: told.subject,
    html: await render(
      <NoticeMail {...frame} subject={told.subject} lines={told.lines} button={told.link} />,
    ),
    text: letterText({
      heading: told.subject,
      lead: told.lines,
      link: told.link,
      foot: [why, design.postalAddress],
    }),
  }
}

function letterText(letter: {
  heading: string
  lead: readonly string[]
  link: { href: string; label: string } | null
  foot: readonly string[]
}): string {
  const wrapped = (text: string): string =>
    text
      .split('\n')
      .map((line) => wrapText(line).join('\n'))
      .join('\n')
  const parts = [
    `${letter.heading}\n${'='.repeat(Math.min(72, columnsOf(letter.heading)))}`,
    ...letter.lead.map(wrapped),
    ...(letter.link === null ? [] : [`${letter.link.label}:\n${letter.link.href}`]),
    '-- ',
    ...letter.foot.filter((line) => line.trim() !== '').map(wrapped),
  ]
  return `${parts.join('\n\n').replace('-- \n\n', '-- \n')}\n`
}
