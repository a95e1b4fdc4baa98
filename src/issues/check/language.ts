import type { Findings } from '../finding.ts'
import type { Issue } from '../issue.ts'
import { detectLanguage } from '../language.ts'
import { plainText } from '../plain-text.ts'

const RIGHT_TO_LEFT = /^(?:ar|arc|ckb|dv|fa|he|ks|ps|sd|ug|ur|yi)(?:-|$)/

/** Screen readers choose their voice, and mail programs their fonts and direction, by the language. */
export function checkLanguage(issue: Issue, findings: Findings): void {
  const line = issue.lines?.language ?? null
  if (line === null) return
  const written = issue.meta.language
  const found = detectLanguage(proseOf(issue))
  if (found === null || baseOf(found) === baseOf(written)) {
    if (found !== null && isOtherScript(written, found))
      findings.warning(line, otherScript(written, found))
    return
  }
  const turns = RIGHT_TO_LEFT.test(found) !== RIGHT_TO_LEFT.test(written)
  findings.warning(line, {
    what: `the language is ${written}, and the text reads like ${found}`,
    why: turns
      ? 'the whole mail would run in the wrong direction, and be read aloud in the wrong voice'
      : 'it would be read aloud in the wrong voice, and CJK characters shown in the wrong forms',
    fix: `write language: ${found}`,
  })
}

function baseOf(language: string): string {
  return language.split('-')[0] ?? language
}

/** Both are Chinese; their characters differ. */
function isOtherScript(written: string, found: string): boolean {
  if (baseOf(found) !== 'zh' || written === 'zh') return false
  const isTraditional = (tag: string) => /-(?:Hant|TW|HK|MO)\b/i.test(tag)
  return isTraditional(written) !== isTraditional(found)
}

function otherScript(written: string, found: string): Parameters<Findings['warning']>[1] {
  return {
    what: `the language is ${written}, and the characters are those of ${found}`,
    why: 'mail programs choose their fonts by it',
    fix: `write language: ${found}`,
  }
}

function proseOf({ meta, blocks }: Issue): string {
  const parts = blocks.flatMap((block) =>
    block.kind === 'markdown'
      ? [plainText(block.tokens.filter((token) => token.type !== 'code'))]
      : [block.plainTitle, ...block.blocks.map((each) => plainText(each.tokens))],
  )
  return [meta.title, ...parts].join('\n')
}
