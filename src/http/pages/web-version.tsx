/** @jsxRuntime automatic */
import { renderToStaticMarkup } from 'react-dom/server'
import { makeTheme, type Palette } from '../../../emails/theme.ts'
import type { Brand } from './layout.tsx'
import { pageWords } from './words.ts'

/**
 * The frozen page of an issue with two lines of ours: back to the newsletter above it, and to its form below it.
 * @param urls absolute, from PUBLIC_URL
 */
export function webVersionPage(
  webHtml: string,
  brand: Brand,
  urls: Readonly<{ self: string; newsletter: string; subscribe: string }>,
): string {
  const { archive } = pageWords(brand.language)
  const style = renderToStaticMarkup(
    <>
      <link rel="canonical" href={urls.self} />
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: ours; React would escape the quotes */}
      <style dangerouslySetInnerHTML={{ __html: chromeStyle(brand) }} />
    </>,
  )
  const above = renderToStaticMarkup(
    <div className="postrider-chrome">
      <a href={urls.newsletter}>{archive.all(brand.name)}</a>
    </div>,
  )
  const below = renderToStaticMarkup(
    <div className="postrider-chrome">
      <a className="postrider-button" href={urls.subscribe}>
        {archive.subscribe(brand.name)}
      </a>
    </div>,
  )
  return insert(
    insert(insert(webHtml, /<\/head>/i, style, ''), /<body\b[^>]*>/i, '', above),
    /<\/body>(?![\s\S]*<\/body>)/i,
    below,
    '',
  )
}

/** Before and after what is found; at the end where it is not. */
function insert(html: string, at: RegExp, before: string, after: string): string {
  const found = at.exec(html)
  if (found === null) return html + before + after
  const end = found.index + found[0].length
  return html.slice(0, found.index) + before + found[0] + after + html.slice(end)
}

function chromeStyle(brand: Brand): string {
  const theme = makeTheme(brand.brand_color, brand.language)
  const colors = ({ quiet, accent, accentText }: Palette) =>
    `.postrider-chrome a{color:${quiet}}.postrider-chrome a.postrider-button{background:${accent};color:${accentText}}`
  return [
    `.postrider-chrome{max-width:640px;margin:0 auto;padding:0 32px;box-sizing:border-box;font:14px/1.6 ${theme.font}}`,
    '.postrider-chrome a{display:inline-flex;align-items:center;min-height:44px}',
    '.postrider-chrome a.postrider-button{padding:10px 24px;border-radius:8px;margin-bottom:32px;font-size:16px;font-weight:600;text-decoration:none}',
    '.postrider-chrome a:focus-visible{outline:3px solid;outline-offset:3px}',
    colors(theme.light),
    `@media (prefers-color-scheme:dark){${colors(theme.dark)}}`,
    '@media (max-width:480px){.postrider-chrome{padding:0 20px}}',
    '@media print{.postrider-chrome{display:none}}',
  ].join('')
}
