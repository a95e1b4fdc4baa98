/** @jsxRuntime automatic */
import { Heading, Hr } from '@react-email/components'
import { Contents, type ContentsSection } from './_components/contents.tsx'
import { Foot } from './_components/foot.tsx'
import { Anchor, Item, type MailItem } from './_components/item.tsx'
import { Masthead } from './_components/masthead.tsx'
import { Prose } from './_components/prose.tsx'
import { Shell } from './_components/shell.tsx'
import { terseProse } from './prose-styles.ts'
import { makeTheme, SPACE, type Theme } from './theme.ts'
import { DEFAULT_CHOICES, type ThemeChoices } from './theme-choices.ts'
import type { Words } from './words/phrases.ts'
import { wordsFor } from './words.ts'

/** Safe, styled markup. */
export type MailProse = { kind: 'prose'; html: string }

export type MailSection = {
  kind: 'section'
  /** null: nothing leads there. */
  anchor: string | null
  titleHtml: string
  taglineHtml: string | null
  parts: (MailItem | MailProse)[]
}

export type IssueMailProps = {
  /** The web version holds nothing of any reader, and no way to unsubscribe one. */
  surface: 'mail' | 'web'
  /** Of the issue's text. */
  language: string
  /** Of the words around it. */
  wording: string
  brandColor: string
  choices: ThemeChoices
  /** The style sheet says what running text looks like: for a mail that would be cut off. */
  isTerse: boolean
  newsletterName: string
  title: string
  /** As shown. */
  date: string | null
  preheader: string | null
  /** null: too few items to need one. */
  contents: ContentsSection[] | null
  blocks: (MailSection | MailProse)[]
  postalAddress: string
  address: string
  unsubscribeUrl: string
  webUrl: string
}

export default function IssueMail(props: IssueMailProps) {
  const { choices } = props
  const theme = makeTheme(props.brandColor, props.language, choices)
  const words = wordsFor(props.wording)
  const isMail = props.surface === 'mail'
  // What stands before the first section opens the mail; the contents follow it.
  const firstSection = props.blocks.findIndex((block) => block.kind === 'section')
  const opening = firstSection === -1 ? props.blocks.length : firstSection
  const show = (block: MailSection | MailProse, i: number) =>
    block.kind === 'prose' ? (
      <Prose key={i} html={block.html} marginTop={24} />
    ) : (
      <Section key={i} {...{ section: block, theme, choices }} />
    )
  return (
    <Shell
      language={props.language}
      wording={words.language}
      theme={theme}
      extraStyle={props.isTerse ? terseProse(theme) : ''}
      title={props.title}
      preheader={isMail ? props.preheader : null}
      foot={<IssueFoot {...{ props, theme, words }} />}
    >
      <Masthead
        theme={theme}
        newsletterName={props.newsletterName}
        logo={choices.logo}
        title={props.title}
        date={props.date}
        web={
          isMail ? { href: props.webUrl, label: words.readOnWeb, language: words.language } : null
        }
      />
      {props.blocks.slice(0, opening).map(show)}
      {props.contents === null ? null : (
        <Contents
          theme={theme}
          label={words.contents}
          language={words.language}
          sections={props.contents}
        />
      )}
      {props.blocks.slice(opening).map(show)}
    </Shell>
  )
}

function IssueFoot({ props, theme, words }: { props: IssueMailProps; theme: Theme; words: Words }) {
  const isMail = props.surface === 'mail'
  const [before, after] = words.whyIssue(props.newsletterName)
  return (
    <Foot
      theme={theme}
      why={isMail ? `${before}${props.address}${after}` : null}
      postalAddress={props.postalAddress}
      unsubscribe={isMail ? { href: props.unsubscribeUrl, label: words.unsubscribe } : null}
    />
  )
}

function Section(props: { section: MailSection; theme: Theme; choices: ThemeChoices }) {
  const { section, theme } = props
  const { accent, quiet, line } = theme.light
  const firstItem = section.parts.findIndex((part) => part.kind === 'item')
  return (
    <>
      {section.anchor === null ? null : <Anchor name={section.anchor} />}
      <Heading
        as="h2"
        className="section accent"
        style={{
          margin: `${SPACE.section}px 0 0`,
          fontSize: '20px',
          fontWeight: 700,
          color: accent,
        }}
      >
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: safe markup by contract */}
        <span className="prose" dangerouslySetInnerHTML={{ __html: section.titleHtml }} />
      </Heading>
      {section.taglineHtml === null ? null : (
        <div
          className="quiet"
          style={{ margin: '4px 0 0', fontSize: '14px', color: quiet }}
          // biome-ignore lint/security/noDangerouslySetInnerHtml: safe markup by contract
          dangerouslySetInnerHTML={{ __html: section.taglineHtml }}
        />
      )}
      <Hr className="rule" style={{ margin: '12px 0 0', borderTop: `1px solid ${line}` }} />
      {section.parts.map((part, i) =>
        part.kind === 'prose' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: rendered once
          <Prose key={i} html={part.html} marginTop={20} />
        ) : (
          <Item
            // biome-ignore lint/suspicious/noArrayIndexKey: rendered once
            key={i}
            item={part}
            theme={theme}
            itemStyle={props.choices.itemStyle}
            isFirst={i === firstItem}
          />
        ),
      )}
    </>
  )
}

IssueMail.PreviewProps = {
  surface: 'mail',
  language: 'en',
  wording: 'en',
  brandColor: '#b4532a',
  choices: DEFAULT_CHOICES,
  isTerse: false,
  newsletterName: 'The Quarry',
  title: 'The Quarry, number 12',
  date: 'August 6, 2023',
  preheader: 'A lighthouse that answers letters',
  contents: null,
  blocks: [
    { kind: 'prose', html: '<p style="margin:0 0 16px">Good morning.</p>' },
    {
      kind: 'section',
      anchor: 'field-notes',
      titleHtml: 'Field notes',
      taglineHtml: 'What we saw on the way.',
      parts: [
        {
          kind: 'item',
          anchor: 'lighthouse',
          titleHtml: 'A lighthouse that answers letters',
          href: 'https://lighthouse.example/letters',
          sources: [{ href: 'https://lighthouse.example/letters', label: 'lighthouse.example' }],
          bodyHtml: '<p style="margin:0 0 16px">Its keeper writes back within a week.</p>',
        },
      ],
    },
  ],
  postalAddress: 'The Quarry, 1 Example Street, Exampletown',
  address: 'reader@mail.example',
  unsubscribeUrl: 'https://news.example/u/token',
  webUrl: 'https://news.example/quarry/12',
} satisfies IssueMailProps
