/** @jsxRuntime automatic */
import { type Brand, type Frame, type Page, renderPage } from './layout.tsx'
import { pageWords } from './words.ts'

type LeaveFrame = Frame & Readonly<{ brand: Brand }>

/** One button, which posts to the page's own address. */
export function leavePage(frame: LeaveFrame, maskedAddress: string): Page {
  const { name } = frame.brand
  const { unsubscribe } = pageWords(frame.language)
  return renderPage(frame, unsubscribe.heading(name), () => (
    <>
      <h1>{unsubscribe.heading(name)}</h1>
      <p>{unsubscribe.lead(name, maskedAddress)}</p>
      <form className="act" method="post">
        {/* Tells a person's button from a mail program's one-click request (RFC 8058). */}
        <input type="hidden" name="by" value="page" />
        <button className="button" type="submit">
          {unsubscribe.button}
        </button>
      </form>
    </>
  ))
}

export function leftPage(frame: LeaveFrame, before: boolean): Page {
  const { brand } = frame
  const { unsubscribe } = pageWords(frame.language)
  const heading = unsubscribe.doneHeading(brand.name)
  return renderPage(frame, heading, () => (
    <>
      <h1>{heading}</h1>
      <p>{before ? unsubscribe.already : unsubscribe.doneLead}</p>
      <p className="after">
        <a className="text-link" href={`${frame.base}/subscribe/${brand.slug}`}>
          {unsubscribe.mistake}
        </a>
      </p>
    </>
  ))
}

/** Erased, or never there. */
export function nothingToLeavePage(frame: Frame): Page {
  const { unsubscribe } = pageWords(frame.language)
  return renderPage(frame, unsubscribe.nothingHeading, () => (
    <>
      <h1>{unsubscribe.nothingHeading}</h1>
      <p>{unsubscribe.nothingLead}</p>
    </>
  ))
}
