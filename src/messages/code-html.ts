import type { Tokens } from 'marked'
import type { Theme } from '../../emails/theme.ts'
import { type CodeReader, codeLanguage, type Tone } from './code-tones.ts'
import { escapeHtml } from './escape.ts'

/** A block of code with its tones, each said in its style and, for the dark, by a class. */
export function codeHtml(
  { light }: Theme,
  readCode: CodeReader = () => null,
): (token: Tokens.Code) => string {
  const tags: Readonly<Record<Tone, [open: string, close: string]>> = {
    comment: [`<span class="quiet" style="color:${light.quiet}">`, '</span>'],
    keyword: ['<b>', '</b>'],
    literal: [`<span class="accent" style="color:${light.accent}">`, '</span>'],
  }
  return ({ text, lang }) => {
    const runs = readCode(text, codeLanguage(lang)) ?? [{ text, tone: null }]
    const shown = runs.map((run) => {
      const [open, close] = run.tone === null ? ['', ''] : tags[run.tone]
      return open + escapeHtml(run.text) + close
    })
    // A parser of HTML drops a line break right after <pre>.
    const first = text.startsWith('\n') ? '\n' : ''
    return `<pre>${first}${shown.join('')}</pre>`
  }
}
