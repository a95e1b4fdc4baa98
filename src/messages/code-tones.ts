import type { HighlighterCore, LanguageInput } from 'shiki/core'

/**
 * What is set apart in code, by weight and by the two tones that every mail has: what is remarked, the language's own
 * words, and what is given. More colours would need more than one brand has, and twice as many in the dark.
 */
export type Tone = 'comment' | 'keyword' | 'literal'

export type CodeRun = { text: string; tone: Tone | null }

/** The runs of a block of code, together exactly the code; null: a language that we do not know. */
export type CodeReader = (code: string, language: string) => CodeRun[] | null

const PLAIN: CodeReader = () => null

/** Above this a block is shown plain: reading it would take longer than all the rest of the mail. */
const LONGEST_CODE = 20_000
const LONGEST_LINE = 1000

type Load = () => LanguageInput

const ts: Load = () => import('shiki/langs/typescript.mjs')
const js: Load = () => import('shiki/langs/javascript.mjs')
const sh: Load = () => import('shiki/langs/shellscript.mjs')
const rust: Load = () => import('shiki/langs/rust.mjs')
const python: Load = () => import('shiki/langs/python.mjs')
const yaml: Load = () => import('shiki/langs/yaml.mjs')
const c: Load = () => import('shiki/langs/c.mjs')
const csharp: Load = () => import('shiki/langs/csharp.mjs')
const haskell: Load = () => import('shiki/langs/haskell.mjs')

/** By what editors write behind the fence. Each is loaded when an issue first needs it. */
const LANGUAGES: Readonly<Record<string, Load>> = {
  ...{ ts, typescript: ts, mts: ts, js, javascript: js, mjs: js, node: js },
  tsx: () => import('shiki/langs/tsx.mjs'),
  jsx: () => import('shiki/langs/jsx.mjs'),
  json: () => import('shiki/langs/json.mjs'),
  jsonc: () => import('shiki/langs/jsonc.mjs'),
  html: () => import('shiki/langs/html.mjs'),
  xml: () => import('shiki/langs/xml.mjs'),
  css: () => import('shiki/langs/css.mjs'),
  ...{ sh, bash: sh, zsh: sh, shell: sh, shellscript: sh },
  ...{ python, py: python },
  ...{ rust, rs: rust },
  go: () => import('shiki/langs/go.mjs'),
  java: () => import('shiki/langs/java.mjs'),
  kotlin: () => import('shiki/langs/kotlin.mjs'),
  swift: () => import('shiki/langs/swift.mjs'),
  ...{ c, h: c },
  ...{ csharp, cs: csharp, 'c#': csharp },
  ruby: () => import('shiki/langs/ruby.mjs'),
  php: () => import('shiki/langs/php.mjs'),
  sql: () => import('shiki/langs/sql.mjs'),
  ...{ yaml, yml: yaml },
  toml: () => import('shiki/langs/toml.mjs'),
  ...{ haskell, hs: haskell },
  nix: () => import('shiki/langs/nix.mjs'),
  lua: () => import('shiki/langs/lua.mjs'),
  diff: () => import('shiki/langs/diff.mjs'),
}

/** Colours by which our theme's tokens are told apart; no reader sees them. */
const MARKS: Readonly<Record<string, Tone>> = {
  '#000001': 'comment',
  '#000002': 'keyword',
  '#000003': 'literal',
}

const THEME = {
  name: 'tones',
  settings: [
    { settings: { foreground: '#000000', background: '#ffffff' } },
    { scope: ['comment', 'markup.deleted', 'meta.diff.header'], settings: mark('#000001') },
    {
      scope: [
        'keyword',
        'storage',
        'entity.name.tag',
        'meta.diff.range',
        'support.type.property-name.css',
      ],
      settings: mark('#000002'),
    },
    { scope: ['keyword.operator', 'storage.type.function.arrow'], settings: mark('#000000') },
    {
      scope: ['string', 'constant', 'punctuation.definition.string', 'markup.inserted'],
      settings: mark('#000003'),
    },
  ],
}

function mark(foreground: string): { foreground: string } {
  return { foreground }
}

let highlighter: Promise<HighlighterCore> | undefined

/** Loads what these languages need, once in a process. Nothing is loaded for an issue without code. */
export async function loadCodeReader(languages: Iterable<string>): Promise<CodeReader> {
  const wanted = new Set([...languages].filter((name) => Object.hasOwn(LANGUAGES, name)))
  if (wanted.size === 0) return PLAIN
  highlighter ??= createHighlighter()
  const { loadLanguage, codeToTokensBase } = await highlighter
  const names = new Map<string, string>()
  for (const name of wanted) {
    const grammars = await (LANGUAGES[name] as () => Promise<{ default: { name: string }[] }>)()
    // Those that it embeds come first, itself last.
    names.set(name, grammars.default.at(-1)?.name ?? name)
    await loadLanguage(...(grammars.default as never[]))
  }
  return (code, language) => {
    const lang = names.get(language)
    if (lang === undefined || code.length > LONGEST_CODE) return null
    const lines = codeToTokensBase(code, {
      lang,
      theme: THEME.name,
      tokenizeMaxLineLength: LONGEST_LINE,
      // The lengths are the limit. By the clock a line stayed plain on a busy machine, whose rules were compiled as met.
      tokenizeTimeLimit: 0,
    })
    return joinRuns(lines)
  }
}

async function createHighlighter(): Promise<HighlighterCore> {
  const [{ createHighlighterCore }, { createJavaScriptRegexEngine }] = await Promise.all([
    import('shiki/core'),
    import('shiki/engine/javascript'),
  ])
  return createHighlighterCore({
    themes: [THEME],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  })
}

/** As few runs as there are: white space shows no tone and joins its neighbour. */
function joinRuns(lines: readonly { content: string; color?: string | undefined }[][]): CodeRun[] {
  const runs: CodeRun[] = []
  const add = (text: string, tone: Tone | null): void => {
    const last = runs.at(-1)
    if (last && (last.tone === tone || text.trim() === '')) last.text += text
    else runs.push({ text, tone })
  }
  for (const [n, line] of lines.entries()) {
    if (n > 0) add('\n', null)
    for (const { content, color } of line) add(content, MARKS[color?.toLowerCase() ?? ''] ?? null)
  }
  return runs
}

/** `js {1,3}`, `ts:app.ts`, `Rust,ignore` → the name that we know it by. */
export function codeLanguage(info: string | undefined): string {
  return /^[a-z][\w#+-]*/i.exec(info?.trim() ?? '')?.[0].toLowerCase() ?? ''
}
