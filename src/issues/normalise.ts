import type { Findings } from './finding.ts'

/** Far more than a mail can hold: Gmail cuts at 102 KB of HTML. */
const MOST_CHARACTERS = 1_000_000

/**
 * One kind of line end, no byte order mark, no characters that no text is made of. What a reader could miss is said.
 * @returns null where the text is longer than any issue
 */
export function normalise(markdown: string, findings: Findings): string | null {
  if (markdown.length > MOST_CHARACTERS) {
    findings.error(null, {
      what: `the issue has ${markdown.length.toLocaleString('en')} characters`,
      why: `no mail program shows so much: Gmail cuts a mail at 102 KB, and the most that is read is ${MOST_CHARACTERS.toLocaleString('en')}`,
      fix: 'see whether this is the right file, and publish what is long on a page of its own',
    })
    return null
  }
  const text = markdown.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')
  return UNFIT.reduce((whole, { pattern, put, what }) => {
    const first = whole.search(pattern)
    if (first === -1) return whole
    findings.warning(whole.slice(0, first).split('\n').length, {
      what: `${what} in the text`,
      why: 'nobody can see them, and mail programs choke on them',
      fix: 'take them out; here they are left out, or a space stands for them',
    })
    return whole.replace(pattern, put)
  }, text)
}

const UNFIT: readonly { pattern: RegExp; put: string; what: string }[] = [
  { pattern: /\0/g, put: '\ufffd', what: 'NUL characters' },
  { pattern: /\p{Surrogate}/gu, put: '\ufffd', what: 'broken characters' },
  {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    pattern: /[\u0001-\u0008\u000e-\u001a\u001c-\u001f\u007f-\u0084\u0086-\u009f]/g,
    put: '',
    what: 'control characters',
  },
  // Terminal colours, pasted along.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  { pattern: /\u001b(?:\[[\d;]{0,12}[A-Za-z])?/g, put: '', what: 'escape sequences of a terminal' },
  // They end lines for some programs and not for others.
  {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    pattern: /[\u000b\u000c\u0085\u2028\u2029]/g,
    put: ' ',
    what: 'line separators that are no line breaks',
  },
]
