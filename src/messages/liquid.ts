import { Liquid, type Template } from 'liquidjs'
import { MERGE_FILTERS } from '../issues/merge.ts'

export type MergeValues = {
  subscriber: Readonly<Record<string, unknown>>
  newsletter: Readonly<{ name: string }>
  issue: Readonly<{ title: string }>
}

/**
 * A merge expression, parsed once. What it gives is a value to be escaped, never a template again.
 * @throws for anything but one `{{ … }}` with allowed filters
 */
export function compileMerge(source: string): (values: MergeValues) => string {
  const engine = engineOnce()
  const templates: Template[] = /^\{\{[^{}]*\}\}$/s.test(source) ? engine.parse(source) : []
  if (templates.length !== 1) throw new Error('not one merge expression')
  return (values) => String(engine.renderSync(templates, values) ?? '')
}

let engine: Liquid | undefined

function engineOnce(): Liquid {
  engine ??= createEngine()
  return engine
}

function createEngine(): Liquid {
  const made = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    // No file system: an empty set of templates in memory.
    templates: {},
    parseLimit: 10_000,
    // Wall clock, and without tags nothing can loop: a machine that is busy, or asleep, must not fail a reader.
    renderLimit: 60_000,
    memoryLimit: 100_000,
  })
  for (const name of Object.keys(made.tags)) delete made.tags[name]
  for (const name of Object.keys(made.filters)) {
    if (!(MERGE_FILTERS as readonly string[]).includes(name)) delete made.filters[name]
  }
  // Every value is escaped for where it stands; twice would show.
  made.registerFilter('escape', (value: unknown) => value)
  return made
}
