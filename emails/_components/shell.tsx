/** @jsxRuntime automatic */
import { Html } from '@react-email/components'
import type { CSSProperties, ReactNode } from 'react'
import { styleSheet } from '../style-sheet.ts'
import { directionOf, type Theme } from '../theme.ts'
import { Preheader } from './preheader.tsx'

const LAYOUT = {
  role: 'presentation',
  align: 'center',
  width: '100%',
  border: 0,
  cellPadding: 0,
  cellSpacing: 0,
} as const

/** The page that every mail stands on: head, paper, foot. Complete without its style sheet. */
export function Shell(props: {
  language: string
  /** Of the words in the foot, which may be another than the text's. */
  wording: string
  theme: Theme
  /** Goes before our own rules. */
  extraStyle?: string
  title: string
  preheader: string | null
  children: ReactNode
  foot: ReactNode
}) {
  const { theme, language, wording } = props
  return (
    <Html lang={language} dir={theme.direction}>
      <head>
        <meta httpEquiv="Content-Type" content="text/html; charset=UTF-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="x-apple-disable-message-reformatting" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <meta name="format-detection" content="telephone=no,date=no,address=no,email=no" />
        <title>{props.title}</title>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: ours; React would escape the quotes */}
        <style dangerouslySetInnerHTML={{ __html: (props.extraStyle ?? '') + styleSheet(theme) }} />
      </head>
      <body className="page" style={{ margin: 0, padding: 0, backgroundColor: theme.light.page }}>
        {props.preheader === null ? null : <Preheader text={props.preheader} />}
        <table {...LAYOUT} className="page" style={{ backgroundColor: theme.light.page }}>
          <tbody>
            <tr>
              <td className="margin" style={{ padding: '24px 0' }}>
                <Cell {...{ theme, language }} className="paper" padding="36px 32px 40px">
                  {props.children}
                </Cell>
                <Cell {...{ theme }} language={wording} className="page" padding="24px 32px 8px">
                  {props.foot}
                </Cell>
              </td>
            </tr>
          </tbody>
        </table>
      </body>
    </Html>
  )
}

/**
 * One column that its content cannot widen. The cell names everything that text needs: Outlook inherits nothing
 * through a table, some clients drop `lang` and `dir` from <html>. Its width in Word is in the style sheet.
 */
function Cell(props: {
  theme: Theme
  language: string
  className: 'paper' | 'page'
  padding: string
  children: ReactNode
}) {
  const { theme, language } = props
  const direction = directionOf(language)
  const style: CSSProperties = {
    padding: props.padding,
    font: `16px/${theme.lineHeight} ${theme.font}`,
    color: theme.light.ink,
    textAlign: direction === 'rtl' ? 'right' : 'left',
    wordBreak: 'break-word',
    overflowWrap: 'break-word',
    WebkitTextSizeAdjust: '100%',
  }
  return (
    <table
      {...LAYOUT}
      className={`column ${props.className}`}
      style={{
        maxWidth: theme.width,
        margin: '0 auto',
        borderRadius: props.className === 'paper' ? '8px' : undefined,
        backgroundColor: theme.light[props.className],
      }}
    >
      <tbody>
        <tr>
          <td className="side ink" lang={language} dir={direction} style={style}>
            {props.children}
          </td>
        </tr>
      </tbody>
    </table>
  )
}
