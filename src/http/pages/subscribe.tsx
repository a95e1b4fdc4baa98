/** @jsxRuntime automatic */
import { type Brand, type Frame, languageOf, type Page, renderPage } from './layout.tsx'
import { type PageWords, pageWords } from './words.ts'

/** What went wrong with a form; the address typed is shown again. */
export type FormProblem =
  | { kind: 'empty' | 'bad-address'; typed: string }
  | { kind: 'limited'; typed: string; minutes: number }

/** The wording that a reader of the form has agreed to: evidence of consent. */
export function formConsent(brand: Brand): string {
  return pageWords(brand.language).form.consent(brand.name)
}

type FormFrame = Frame & Readonly<{ brand: Brand }>

export function subscribePage(frame: FormFrame, problem: FormProblem | null): Page {
  const { brand } = frame
  const { form } = pageWords(frame.language)
  return renderPage(frame, form.heading(brand.name), (words) => (
    <>
      {problem && <Alert words={words} problem={problem} />}
      <h1>{words.form.heading(brand.name)}</h1>
      <Description brand={brand} />
      <SubscribeForm base={frame.base} brand={brand} words={words} problem={problem} />
    </>
  ))
}

export function Description({ brand }: { brand: Brand }) {
  if (brand.description === '') return null
  return (
    <p className="description" {...languageOf(brand)}>
      {brand.description}
    </p>
  )
}

export function SubscribeForm(props: {
  base: string
  brand: Brand
  words: PageWords
  problem: FormProblem | null
}) {
  const { brand, words, problem } = props
  const wrong = problem && problem.kind !== 'limited' ? problem.kind : null
  return (
    <form method="post" action={`${props.base}/subscribe/${brand.slug}`}>
      <label htmlFor="email">{words.form.label}</label>
      <input
        id="email"
        name="email"
        type="email"
        autoComplete="email"
        maxLength={320}
        required
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={problem?.typed}
        aria-invalid={wrong ? true : undefined}
        aria-describedby={wrong ? 'wrong consent' : 'consent'}
        // biome-ignore lint/a11y/noAutofocus: after an error the field to mend is where one wants to be
        autoFocus={wrong !== null}
      />
      {wrong && (
        <p className="wrong" id="wrong">
          {wrong === 'empty' ? words.errors.empty : words.errors.badAddress}
        </p>
      )}
      <div className="trap" aria-hidden="true">
        <label htmlFor="website">{words.form.trap}</label>
        <input id="website" name="website" type="text" tabIndex={-1} autoComplete="off" />
      </div>
      <button className="button" type="submit">
        {words.form.button}
      </button>
      <p className="small" id="consent">
        {words.form.consent(brand.name)}
      </p>
    </form>
  )
}

function Alert({ words, problem }: { words: PageWords; problem: FormProblem }) {
  const { errors } = words
  const limited = problem.kind === 'limited'
  return (
    <div className="alert" role="alert">
      <p>
        <strong>
          {words.problem}
          {errors.top}
        </strong>{' '}
        {limited ? errors.limited(problem.minutes) : errors.topNext}
      </p>
      {limited && <p className="quiet">{errors.limitedNext}</p>}
    </div>
  )
}

/** The same page whatever is known of the address. */
export function askedPage(frame: FormFrame, address: string): Page {
  const { brand } = frame
  const { asked } = pageWords(frame.language)
  const sender = `${brand.from_name} <${brand.from_address}>`
  return renderPage(frame, asked.heading, () => (
    <>
      <h1>{asked.heading}</h1>
      <p>{asked.lead(address, sender)}</p>
      <p>{asked.next}</p>
      <p className="small">{asked.nothing}</p>
    </>
  ))
}
