/** @jsxRuntime automatic */
import { Letter, type LetterProps } from './_components/letter.tsx'
import { wordsFor } from './words.ts'

export type WelcomeMailProps = LetterProps & {
  address: string
  /** Where past issues are listed; null: nowhere. */
  archiveUrl: string | null
  unsubscribeUrl: string
}

export default function WelcomeMail(props: WelcomeMailProps) {
  const words = wordsFor(props.language)
  const [before, after] = words.whyIssue(props.newsletterName)
  return (
    <Letter
      {...props}
      subject={words.welcome.subject(props.newsletterName)}
      heading={words.welcome.heading}
      lead={[
        words.welcome.lead(props.newsletterName, props.address),
        words.welcome.next(props.newsletterName),
      ]}
      button={
        props.archiveUrl === null ? null : { href: props.archiveUrl, label: words.welcome.button }
      }
      why={`${before}${props.address}${after}`}
      unsubscribe={{ href: props.unsubscribeUrl, label: words.unsubscribe }}
    />
  )
}

WelcomeMail.PreviewProps = {
  language: 'zh-CN',
  brandColor: '#0b6bcb',
  newsletterName: '石场周刊',
  postalAddress: '示例市示例路 1 号',
  address: 'reader@mail.example',
  archiveUrl: 'https://news.example/quarry',
  unsubscribeUrl: 'https://news.example/u/token',
} satisfies WelcomeMailProps
