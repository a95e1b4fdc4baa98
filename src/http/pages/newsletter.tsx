/** @jsxRuntime automatic */
import { showDate } from '../../messages/show-date.ts'
import { type Brand, type Frame, languageOf, type Page, renderPage } from './layout.tsx'
import { Description, SubscribeForm } from './subscribe.tsx'
import { pageWords } from './words.ts'

export type ListedIssue = Readonly<{
  slug: string
  title: string
  /** Of its text. */
  language: string
  /** YYYY-MM-DD */
  date: string
}>

/** The newsletter's own page: what it is, the form, and what was sent. */
export function newsletterPage(
  frame: Frame & Readonly<{ brand: Brand }>,
  issues: readonly ListedIssue[],
): Page {
  const { brand, base } = frame
  return renderPage(frame, brand.name, (words) => (
    <>
      <h1 {...languageOf(brand)}>{brand.name}</h1>
      <Description brand={brand} />
      <SubscribeForm base={base} brand={brand} words={words} problem={null} />
      <h2>{words.archive.heading}</h2>
      {issues.length === 0 ? (
        <p className="quiet">{words.archive.none}</p>
      ) : (
        <ul className="issues">
          {issues.map((issue) => (
            <li key={issue.slug}>
              <a href={`${base}/${brand.slug}/${encodeURIComponent(issue.slug)}`}>
                <span className="title" lang={issue.language} dir="auto">
                  {issue.title}
                </span>
                <time dateTime={issue.date}>{showDate(issue.date, frame.language)}</time>
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  ))
}

export function homePage(frame: Frame, brands: readonly Brand[]): Page {
  const { home } = pageWords(frame.language)
  return renderPage(frame, home.title, () => (
    <>
      <h1>{home.title}</h1>
      <p>{brands.length === 0 ? home.none : home.lead}</p>
      {brands.length === 0 ? (
        <p className="quiet">{home.noneNext}</p>
      ) : (
        <ul className="issues">
          {brands.map((brand) => (
            <li key={brand.slug}>
              <a href={`${frame.base}/${brand.slug}`} {...languageOf(brand)}>
                <span className="title">{brand.name}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  ))
}
