/** @jsxRuntime automatic */
import { type Frame, type Page, renderPage } from './layout.tsx'
import { type PageWords, pageWords } from './words.ts'

export type Problem = keyof PageWords['problems']

/** What happened and where one can go from here; never a bare code. */
export function problemPage(frame: Frame, problem: Problem): Page {
  const words = pageWords(frame.language)
  const { heading, lead } = words.problems[problem]
  const { brand, base } = frame
  return renderPage(frame, heading, () => (
    <>
      <h1>{heading}</h1>
      <p>{lead}</p>
      <p className="after">
        {brand ? (
          <a className="text-link" href={`${base}/${brand.slug}`}>
            {words.toNewsletter(brand.name)}
          </a>
        ) : (
          <a className="text-link" href={`${base}/`}>
            {words.toHome}
          </a>
        )}
      </p>
    </>
  ))
}
