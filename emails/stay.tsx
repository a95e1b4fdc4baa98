/** @jsxRuntime automatic */
import { Letter, type LetterProps } from './_components/letter.tsx'
import { wordsFor } from './words.ts'

export type StayMailProps = LetterProps & {
  address: string
  stayUrl: string
  unsubscribeUrl: string
  retires: boolean
}

/** Asks a reader of whom nothing was heard for a long time, once, whether they want to stay. */
export default function StayMail(props: StayMailProps) {
  const words = wordsFor(props.language)
  const { newsletterName, stayUrl, unsubscribeUrl } = props
  const [before, after] = words.whyIssue(newsletterName)
  return (
    <Letter
      {...props}
      subject={words.stay.subject(newsletterName)}
      heading={words.stay.heading}
      lead={words.stay.lead(newsletterName, props.retires)}
      button={{ href: stayUrl, label: words.stay.button }}
      why={`${before}${props.address}${after}`}
      unsubscribe={{ href: unsubscribeUrl, label: words.unsubscribe }}
    />
  )
}

StayMail.PreviewProps = {
  language: 'en',
  brandColor: '#b4532a',
  newsletterName: 'The Quarry',
  postalAddress: '12 Mill Lane, Anytown',
  address: 'ada@reader.example',
  stayUrl: 'https://news.example/confirm/token',
  unsubscribeUrl: 'https://news.example/u/token',
  retires: true,
} satisfies StayMailProps
