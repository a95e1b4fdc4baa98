/** @jsxRuntime automatic */
import { type Brand, type Frame, type Page, renderPage } from './layout.tsx'
import { pageWords } from './words.ts'

type ConfirmFrame = Frame & Readonly<{ brand: Brand }>

/** What a reader agrees to by the button, in the language that they are shown: evidence of consent. */
export function confirmConsent(brand: Brand, language: string, isActive: boolean): string {
  const words = pageWords(language)
  return (isActive ? words.stay : words.confirm).consent(brand.name)
}

/**
 * One button, which posts to the page's own address: the token stays out of the markup. `isActive`: they are subscribed,
 * and were asked whether it shall stay so.
 */
export function confirmPage(frame: ConfirmFrame, address: string, isActive: boolean): Page {
  const { name } = frame.brand
  const words = pageWords(frame.language)
  const confirm = isActive ? words.stay : words.confirm
  return renderPage(frame, confirm.heading(name), () => (
    <>
      <h1>{confirm.heading(name)}</h1>
      <p>{confirm.lead(name, address)}</p>
      <form className="act" method="post">
        <button className="button" type="submit">
          {confirm.button}
        </button>
        <p className="small">{confirm.consent(name)}</p>
      </form>
    </>
  ))
}

export function confirmedPage(frame: ConfirmFrame, address: string): Page {
  const { name } = frame.brand
  const { confirm } = pageWords(frame.language)
  return renderPage(frame, confirm.doneHeading, (words) => (
    <>
      <h1>{confirm.doneHeading}</h1>
      <p>{confirm.doneLead(name, address)}</p>
      <a className="button wide" href={`${frame.base}/${frame.brand.slug}`}>
        {words.archive.all(name)}
      </a>
    </>
  ))
}

export function stayedPage(frame: ConfirmFrame, address: string): Page {
  const { name } = frame.brand
  const { stay } = pageWords(frame.language)
  return renderPage(frame, stay.doneHeading, (words) => (
    <>
      <h1>{stay.doneHeading}</h1>
      <p>{stay.doneLead(name, address)}</p>
      <a className="button wide" href={`${frame.base}/${frame.brand.slug}`}>
        {words.archive.all(name)}
      </a>
    </>
  ))
}

export function alreadyConfirmedPage(frame: ConfirmFrame): Page {
  const { name } = frame.brand
  const { confirm } = pageWords(frame.language)
  return renderPage(frame, confirm.doneHeading, (words) => (
    <>
      <h1>{confirm.doneHeading}</h1>
      <p>{confirm.already(name)}</p>
      <a className="button wide" href={`${frame.base}/${frame.brand.slug}`}>
        {words.archive.all(name)}
      </a>
    </>
  ))
}

export function expiredLinkPage(frame: ConfirmFrame, days: number): Page {
  const { confirm } = pageWords(frame.language)
  return renderPage(frame, confirm.expiredHeading, (words) => (
    <>
      <h1>{confirm.expiredHeading}</h1>
      <p>{confirm.expiredLead(days)}</p>
      <p>{confirm.expiredNext}</p>
      <a className="button wide" href={`${frame.base}/subscribe/${frame.brand.slug}`}>
        {words.archive.subscribe(frame.brand.name)}
      </a>
    </>
  ))
}
