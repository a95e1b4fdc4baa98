import { headingFont, type Theme } from './theme.ts'

/**
 * What style attributes cannot say: widths for Outlook on Windows, the phone's padding, and the dark palette, for
 * clients that read media queries and for Outlook's apps, which mark what they have darkened (`data-ogsc`,
 * `data-ogsb`).
 */
export function styleSheet(theme: Theme): string {
  const { dark, width } = theme
  const colors: [selector: string, declaration: string][] = [
    ['.ink,.ink a.title', `color:${dark.ink}`],
    ['.quiet,.quiet a,.prose img,.prose caption,.prose figcaption', `color:${dark.quiet}`],
    ['.accent,.prose a,a.accent', `color:${dark.accent}`],
    ['.rule,.prose hr,.prose th,.prose td,.prose kbd', `border-color:${dark.line}`],
    ['.prose blockquote', `border-color:${dark.accent};color:${dark.quiet}`],
  ]
  const fills: [selector: string, declaration: string][] = [
    ['.page', `background-color:${dark.page}`],
    ['.paper', `background-color:${dark.paper}`],
    [
      '.card,.prose pre,.prose code,.prose samp,.prose kbd,.prose mark',
      `background-color:${dark.soft}`,
    ],
    [
      '.card .prose pre,.card .prose code,.card .prose samp,.card .prose kbd,.card .prose mark',
      `background-color:${dark.paper}`,
    ],
    ['.button', `background-color:${dark.accent};color:${dark.accentText}`],
  ]
  const rules = (list: [string, string][], mark: string): string =>
    list
      .map(([selector, declaration]) => {
        const selectors = selector.split(',').map((each) => `${mark}${each}`)
        return `${selectors.join(',')}{${declaration.replaceAll(';', '!important;')}!important}`
      })
      .join('')
  const swapLogo = '.logo-light{display:none!important}.logo-dark{display:inline-block!important}'
  return [
    ':root{color-scheme:light dark;supported-color-schemes:light dark}',
    // The lines of a heading stand closer than those of the text, and may be of another face.
    `.section{font:${headingFont(theme, 2)}!important}.item{font:${headingFont(theme, 3)}!important}`,
    // Not every Word knows the max-width of tables. What stands outside of media queries is for it alone: all others
    // take it back.
    `.column{width:${width}px}`,
    '@media (min-width:1px){.column{width:100%!important}}',
    '@media (max-width:480px){.side{padding-left:20px!important;padding-right:20px!important}.card{padding:16px!important}.margin{padding-top:0!important}.paper{border-radius:0!important}}',
    `@media (prefers-color-scheme:dark){${rules([...colors, ...fills], '')}${swapLogo}}`,
    rules(colors, '[data-ogsc] '),
    rules(fills, '[data-ogsb] '),
  ].join('')
}
