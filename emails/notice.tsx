/** @jsxRuntime automatic */
import { Letter, type LetterProps } from './_components/letter.tsx'
import { wordsFor } from './words.ts'

export type NoticeMailProps = LetterProps & {
  /** Also its heading. */
  subject: string
  lines: readonly string[]
  button: { href: string; label: string } | null
}

/** To whoever looks after a newsletter: what happened, in plain sentences. */
export default function NoticeMail(props: NoticeMailProps) {
  return (
    <Letter
      {...props}
      heading={props.subject}
      lead={props.lines}
      why={wordsFor(props.language).whyNotice(props.newsletterName)}
      unsubscribe={null}
    />
  )
}

NoticeMail.PreviewProps = {
  language: 'en',
  brandColor: '#b4532a',
  newsletterName: 'The Quarry',
  postalAddress: '',
  subject: 'The Quarry, number 12 is out',
  lines: ['201 chosen = 196 accepted + 5 rejected.'],
  button: null,
} satisfies NoticeMailProps
