import type { Findings, Words } from './finding.ts'
import type { SourceLine } from './issue.ts'

type Tag = Readonly<{ name: string; attributes: Record<string, string>; at: SourceLine }>

/** Kept, or a matter of a few pixels that the newsletter's theme has its own mind about. */
const QUIET =
  /^(?:text-align|(?:max-|min-)?(?:width|height)|(?:margin|padding|border)(?:-.*)?|vertical-align|line-height|box-sizing|object-fit|mso-.*|-.*|)$/
const HIDES =
  /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px)?\s*(?:;|$|!)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$|!))/i

/** Says what of attributes is not kept and would be missed; each once in an issue. */
export function tellAttributes(tags: readonly Tag[], findings: Findings): void {
  for (const { name, attributes, at } of tags) {
    for (const words of lostOf(name, attributes)) {
      if (!findings.list.some(({ what }) => what === words.what)) findings.warning(at, words)
    }
  }
}

function lostOf(name: string, attributes: Record<string, string>): Words[] {
  const names = Object.keys(attributes)
  const lost = names.filter((each) => /^on[a-z]+$/.test(each)).map(doesNothing)
  const style = attributes.style ?? ''
  if (names.includes('hidden') || HIDES.test(style)) return [...lost, isShown(name)]
  const properties = style.split(';').map((each) => each.split(':')[0]?.trim().toLowerCase() ?? '')
  return [...lost, ...properties.filter((each) => !QUIET.test(each)).map(isUnstyled)]
}

const doesNothing = (attribute: string): Words => ({
  what: `${attribute} is left out`,
  why: 'mail programs run nothing',
  fix: 'take it out, or link to a page where it works',
})

const isShown = (name: string): Words => ({
  what: `a hidden <${name}> is shown to readers`,
  why: 'the styles and attributes that hide it are left out, and no text is',
  fix: 'take it out, or write it as a comment: <!-- … -->',
})

const isUnstyled = (property: string): Words => ({
  what: `the style "${property}" is left out`,
  why: 'mail programs agree on few styles, and the newsletter’s look sets the others; text-align is kept',
  fix: 'take it out, or mark the text up: <mark>, <small>, <kbd>, **bold**',
})
