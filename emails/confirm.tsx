/** @jsxRuntime automatic */
import { Letter, type LetterProps } from './_components/letter.tsx'
import { wordsFor } from './words.ts'

export type ConfirmMailProps = LetterProps & {
  address: string
  confirmUrl: string
  expiresInDays: number
}

export default function ConfirmMail(props: ConfirmMailProps) {
  const words = wordsFor(props.language)
  return (
    <Letter
      {...props}
      subject={words.confirm.subject(props.newsletterName)}
      heading={words.confirm.heading}
      lead={[
        words.confirm.lead(props.newsletterName, props.address),
        words.confirm.ifNotYou(props.expiresInDays),
      ]}
      button={{ href: props.confirmUrl, label: words.confirm.button }}
      why={words.whySystem(props.newsletterName)}
      unsubscribe={null}
    />
  )
}

ConfirmMail.PreviewProps = {
  language: 'en',
  brandColor: '#b4532a',
  newsletterName: 'The Quarry',
  postalAddress: 'The Quarry, 1 Example Street, Exampletown',
  address: 'reader@mail.example',
  confirmUrl: 'https://news.example/confirm/token',
  expiresInDays: 14,
} satisfies ConfirmMailProps
