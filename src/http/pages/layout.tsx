/** @jsxRuntime automatic */
import { createHash } from 'node:crypto'
import type { ReactNode } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import type { NewsletterRow } from '../../../db/queries/newsletters.ts'
import { directionOf, makeTheme } from '../../../emails/theme.ts'
import { pageStyle } from './style.ts'
import { type PageWords, pageWords } from './words.ts'

/** What pages show of a newsletter. */
export type Brand = Pick<
  NewsletterRow,
  'slug' | 'name' | 'description' | 'language' | 'brand_color' | 'from_name' | 'from_address'
>

/** Markup, and the hash by which its policy names its style sheet. */
export type Page = Readonly<{ html: string; styleHash: string }>

/** `base`: the path that PUBLIC_URL has, '' for none. */
export type Frame = Readonly<{ base: string; brand: Brand | null; language: string }>

const PLAIN_COLOR = '#0b6e4f'

/** The page around one task: the newsletter's name, the task, and a line of ours in the foot. */
export function renderPage(
  frame: Frame,
  title: string,
  content: (words: PageWords) => ReactNode,
): Page {
  const { brand, base } = frame
  const words = pageWords(frame.language)
  // The faces of the reader's language; the words themselves are English or Chinese.
  const style = pageStyle(makeTheme(brand?.brand_color ?? PLAIN_COLOR, frame.language))
  const markup = renderToStaticMarkup(
    <html lang={words.language}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="format-detection" content="telephone=no,date=no,address=no,email=no" />
        <title>{brand && !title.includes(brand.name) ? `${title} · ${brand.name}` : title}</title>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: ours; React would escape the quotes */}
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <header>
          {brand && title !== brand.name && (
            <a className="name" href={`${base}/${brand.slug}`} {...languageOf(brand)}>
              {brand.name}
            </a>
          )}
        </header>
        <main>{content(words)}</main>
        <footer>{words.foot}</footer>
      </body>
    </html>,
  )
  return {
    html: `<!doctype html>${markup}`,
    styleHash: createHash('sha256').update(style).digest('base64'),
  }
}

/** For what the newsletter wrote itself. */
export function languageOf(brand: Brand) {
  return { lang: brand.language, dir: directionOf(brand.language) }
}
