/** @jsxRuntime automatic */
import { Heading, Hr } from '@react-email/components'
import type { ReactNode } from 'react'
import { SPACE, type Theme } from '../theme.ts'
import type { ThemeChoices } from '../theme-choices.ts'
import { MailLink } from './mail-link.tsx'
import { Prose } from './prose.tsx'

export type MailItem = {
  kind: 'item'
  /** null: nothing leads there. */
  anchor: string | null
  /** Safe markup. Holds no link where `href` is set. */
  titleHtml: string
  /** null: the title brings its own links. */
  href: string | null
  sources: { href: string; label: string }[]
  /** Safe markup; empty for an item that is only its links. */
  bodyHtml: string
}

export function Item(props: {
  item: MailItem
  theme: Theme
  itemStyle: ThemeChoices['itemStyle']
  isFirst: boolean
}) {
  const { item, theme } = props
  const { ink, quiet } = theme.light
  const isCard = props.itemStyle === 'card'
  const inner = (
    <>
      {item.anchor === null ? null : <Anchor name={item.anchor} />}
      <Heading
        as="h3"
        className="item"
        style={{
          margin: `${isCard ? 0 : SPACE.item}px 0 0`,
          fontSize: '18px',
          fontWeight: 600,
        }}
      >
        <Title item={item} color={ink} />
      </Heading>
      {item.sources.length === 0 ? null : (
        <p className="quiet" style={{ margin: '8px 0 0', fontSize: '14px', color: quiet }}>
          {item.sources.map((source, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same link may be listed twice
            <span key={i}>
              {i === 0 ? null : ' · '}
              <MailLink href={source.href} color={quiet} underline>
                {source.label}
              </MailLink>
            </span>
          ))}
        </p>
      )}
      {item.bodyHtml === '' ? null : <Prose html={item.bodyHtml} marginTop={12} />}
    </>
  )
  if (isCard) return <Card theme={theme}>{inner}</Card>
  return props.itemStyle === 'ruled' && !props.isFirst ? (
    <>
      <Hr
        className="rule"
        style={{ margin: `${SPACE.item}px 0 0`, borderTop: `1px solid ${theme.light.line}` }}
      />
      {inner}
    </>
  ) : (
    inner
  )
}

function Card(props: { theme: Theme; children: ReactNode }) {
  const { theme } = props
  return (
    <table
      role="presentation"
      width="100%"
      border={0}
      cellPadding={0}
      cellSpacing={0}
      style={{ margin: '16px 0 0' }}
    >
      <tbody>
        <tr>
          <td
            className="card ink"
            style={{
              padding: '20px 24px 8px',
              borderRadius: '8px',
              backgroundColor: theme.light.soft,
              font: `16px/${theme.lineHeight} ${theme.font}`,
              color: theme.light.ink,
              textAlign: theme.direction === 'rtl' ? 'right' : 'left',
            }}
          >
            {props.children}
          </td>
        </tr>
      </tbody>
    </table>
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
