/** @jsxRuntime automatic */
import { Heading, Text } from '@react-email/components'
import { SPACE, type Theme } from '../theme.ts'
import { MailLink } from './mail-link.tsx'
import { Prose } from './prose.tsx'

export type MailItem = {
  kind: 'item'
  anchor: string
  /** Safe markup. Holds no link where `href` is set. */
  titleHtml: string
  /** null: the title brings its own links. */
  href: string | null
  sources: { href: string; label: string }[]
  /** Safe markup; empty for an item that is only its links. */
  bodyHtml: string
}

export function Item({ item, theme }: { item: MailItem; theme: Theme }) {
  const { ink, quiet } = theme.light
  return (
    <>
      <Anchor name={item.anchor} />
      <Heading
        as="h3"
        style={{
          margin: `${SPACE.item}px 0 0`,
          fontSize: '18px',
          lineHeight: '1.45',
          fontWeight: 600,
        }}
      >
        <Title item={item} color={ink} />
      </Heading>
      <Text
        className="quiet"
        style={{ margin: '8px 0 0', fontSize: '14px', lineHeight: '1.6', color: quiet }}
      >
        {item.sources.map((source, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same link may be listed twice
          <span key={i}>
            {i === 0 ? null : ' · '}
            <MailLink href={source.href} color={quiet} underline>
              {source.label}
            </MailLink>
          </span>
        ))}
      </Text>
      {item.bodyHtml === '' ? null : <Prose html={item.bodyHtml} marginTop={12} />}
    </>
  )
}

function Title({ item, color }: { item: MailItem; color: string }) {
  const markup = { __html: item.titleHtml }
  if (item.href === null) {
    // biome-ignore lint/security/noDangerouslySetInnerHtml: safe markup by contract
    return <span className="prose" dangerouslySetInnerHTML={markup} />
  }
  return (
    <MailLink className="title" href={item.href} color={color} underline={false}>
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: safe markup by contract */}
      <span dangerouslySetInnerHTML={markup} />
    </MailLink>
  )
}

/** Gmail and Outlook jump to an empty named anchor only, never to an id on a heading. */
export function Anchor({ name }: { name: string }) {
  return <a id={name} {...{ name }} />
}
