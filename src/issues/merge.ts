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
  line: number
}
