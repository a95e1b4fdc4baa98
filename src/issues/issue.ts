import type { Token } from 'marked'

/** 1-based line in the file, front matter counted. */
export type SourceLine = number

export type IssueMeta = {
  title: string
  /** YYYY-MM-DD */
  date: string | null
  /** May hold merge placeholders, as titles and tokens may. */
  subject: string
  preheader: string | null
  slug: string
  /** BCP 47: 'zh-CN', 'en' … */
  language: string
  newsletter: string | null
  baseUrl: string | null
  topics: string[]
  /** Front matter keys that we do not know, as YAML read them. */
  extra: Record<string, unknown>
}

export type Issue = {
  meta: IssueMeta
  /** In document order. */
  blocks: Block[]
  merges: MergeExpression[]
  /** Where the front matter says what it says. */
  lines?: MetaLines
}

export type MetaLines = Partial<
  Record<'title' | 'subject' | 'preheader' | 'date' | 'language' | 'slug', SourceLine>
>

export type Block = MarkdownBlock | Section

/** Whatever was not recognised as something more: ordinary Markdown. */
export type MarkdownBlock = { kind: 'markdown'; tokens: Token[]; line: SourceLine }

/** A `##` heading with what stands below it. */
export type Section = {
  kind: 'section'
  /** Inline tokens. */
  title: Token[]
  plainTitle: string
  anchor: string
  /** Block tokens of the quote under the heading, if it holds more than links. */
  tagline: Token[] | null
  line: SourceLine
  /** Empty: nothing of it is rendered, its tagline neither. */
  blocks: (Item | MarkdownBlock)[]
}

/** A `###` heading whose first quote holds nothing but links. */
export type Item = {
  kind: 'item'
  title: Token[]
  plainTitle: string
  anchor: string
  line: SourceLine
  /** At least one, as written. */
  sources: Source[]
  /** Block tokens of what follows the quote. */
  tokens: Token[]
}

/** A link in HTML that was kept, on `html` tokens as `links`. */
export type HtmlLink = { href: string; text: string; line: SourceLine }

/** `label` is the link's text, or for a bare URL its host without `www.`. */
export type Source = { href: string; label: string; bare: boolean }

/**
 * One `{{ … }}` of the issue. It is swapped for `placeholder` before Markdown runs, so that Markdown
 * neither breaks it nor escapes it; inside code it is put back as written.
 */
export type MergeExpression = {
  /** Letters and digits only, unguessable, occurs nowhere else in the source. */
  placeholder: string
  /** As the editor wrote it, braces included. */
  source: string
  /** 1-based line in the file, front matter counted. */
  line: SourceLine
}

export type Finding = {
  severity: 'error' | 'warning'
  file: string
  line: SourceLine | null
  what: string
  why: string
  fix: string
}
