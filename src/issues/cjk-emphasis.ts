import { type MarkedExtension, Tokenizer } from 'marked'

// CommonMark asks for a space or punctuation outside of `**` where punctuation stands inside of it. CJK text
// has no spaces, so `**“引号”**后面` stays literal there (commonmark-spec#650). Here, as in the rule of
// github.com/tats-u/markdown-cjk-friendly, it does not ask beside a CJK character. Opening marks never close
// and closing marks never open, so that all other text reads as before.

const CJK =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}ー]/u
const CJK_PUNCTUATION = /[\u3001-\u3003\u3008-\u3020\u3030\u30a0\u30fb\ufe30-\ufe4f\uff01-\uff65]/u
const PUNCTUATION = /[\p{P}\p{S}]/u
const OPENING_MARK = /[\p{Ps}\p{Pi}]/u
const CLOSING_MARK = /[\p{Pe}\p{Pf}、。，．；：？！,.;:!?…]/u
const RUNS = /\*+|~+/g

/** marked reads the flanks of a run in a masked copy: there, a mark that shall not count becomes a letter. */
export function cjkEmphasis(): MarkedExtension {
  return {
    hooks: { emStrongMask: maskFlanks },
    tokenizer: {
      emStrong(src, maskedSrc, prevChar) {
        const before = opensFreelyAt(src, maskedSrc) ? '' : prevChar
        return Tokenizer.prototype.emStrong.call(this, src, maskedSrc, before)
      },
      del(src, maskedSrc, prevChar) {
        const before = opensFreelyAt(src, maskedSrc) ? '' : prevChar
        return Tokenizer.prototype.del.call(this, src, maskedSrc, before)
      },
    },
  }
}

function maskFlanks(masked: string): string {
  const units = masked.split('')
  for (const { index, 0: run } of masked.matchAll(RUNS)) {
    const { before, after } = flanks(masked, index, index + run.length)
    if (closesFreely(before, after)) units.fill('a', index - before.length, index)
    if (opensFreely(before, after)) {
      units.fill('a', index + run.length, index + run.length + after.length)
    }
  }
  return units.join('')
}

function opensFreelyAt(src: string, maskedSrc: string): boolean {
  const run = /^(?:\*+|~+)/.exec(src)?.[0]
  if (run === undefined) return false
  // `src` is the end of the text that was masked; what it opens with was masked as a letter.
  const masked = maskedSrc.charAt(maskedSrc.length - src.length + run.length)
  return masked === 'a' && PUNCTUATION.test(String.fromCodePoint(src.codePointAt(run.length) ?? 32))
}

function flanks(text: string, start: number, end: number): { before: string; after: string } {
  return {
    before: [...text.slice(Math.max(0, start - 2), start)].at(-1) ?? '',
    after: [...text.slice(end, end + 2)].at(0) ?? '',
  }
}

/** `”**后`: the mark before the run would keep it from closing. */
function closesFreely(before: string, after: string): boolean {
  if (!PUNCTUATION.test(before) || OPENING_MARK.test(before) || !isWord(after)) return false
  return CJK.test(after) || CJK_PUNCTUATION.test(before)
}

/** `面**“`: the mark after the run would keep it from opening. */
function opensFreely(before: string, after: string): boolean {
  if (!PUNCTUATION.test(after) || CLOSING_MARK.test(after) || !isWord(before)) return false
  return CJK.test(before) || CJK_PUNCTUATION.test(after)
}

function isWord(character: string): boolean {
  return character.trim() !== '' && !PUNCTUATION.test(character)
}
