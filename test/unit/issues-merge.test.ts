import { Liquid } from 'liquidjs'
import { describe, expect, test } from 'vitest'
import { parseIssue } from '../../src/issues/parse.ts'
import { plainText } from '../../src/issues/plain-text.ts'
import { compileMerge } from '../../src/messages/liquid.ts'
import { bodyTokens, hrefs, parsed, visibleText } from '../support/issue-text.ts'

const errors = (markdown: string) =>
  parsed(markdown).findings.filter((each) => each.severity === 'error')

describe('merge expressions', () => {
  test('are swapped for placeholders of letters and digits, in the body and in the subject', () => {
    const { issue } = parsed(
      '---\ntitle: T\nsubject: Hi {{ subscriber.first_name | default: "you" }}!\npreheader: "{{ issue.title }}"\n---\nTo **{{ subscriber.email }}**\n',
    )
    expect(issue.merges).toMatchObject([
      { source: '{{ subscriber.first_name | default: "you" }}', line: 3 },
      { source: '{{ issue.title }}', line: 4 },
      { source: '{{ subscriber.email }}', line: 6 },
    ])
    const [name, title, email] = issue.merges.map((merge) => merge.placeholder)
    expect(name).toMatch(/^[a-z0-9]{18}$/)
    expect(issue.meta).toMatchObject({ subject: `Hi ${name}!`, preheader: title })
    expect(visibleText(issue)).toContain(`To ${email}`)
  })

  test('a subject may begin with one, and may be quoted as YAML quotes', () => {
    for (const subject of [
      '{{ subscriber.first_name | default: "you" }}, hello',
      '"{{ subscriber.first_name | default: \\"you\\" }}, hello"',
      "'{{ subscriber.first_name | default: ''you'' }}, hello'",
    ]) {
      const { issue, findings } = parsed(`---\ntitle: T\nsubject: ${subject}\n---\ntext`)
      expect(findings.filter((each) => each.severity === 'error')).toEqual([])
      expect(issue.meta.subject).toBe(`${issue.merges[0]?.placeholder}, hello`)
      expect(issue.merges[0]?.source).toMatch(/default: ["']you["'] /)
    }
  })

  test('stand as written in code, and are not judged there', () => {
    const markdown =
      '`{{ x | y }}`\n\n```liquid\n{{ foo.bar }}\n```\n\n    {{ indented }}\n\n<code>{{ a.b }}</code>\n'
    const { issue, findings } = parsed(markdown)
    expect(findings.filter((each) => each.severity === 'error')).toEqual([])
    expect(issue.merges).toEqual([])
    expect(visibleText(issue)).toContain('{{ x | y }} {{ foo.bar }} {{ indented }} {{ a.b }}')
  })

  test.each([
    ['{{ foo.bar }}', 'unknown name "foo.bar"'],
    ['{{ first_name }}', 'unknown name "first_name"'],
    ['{{subscriber}}', 'unknown name "subscriber"'],
    ['{{ subscriber.first_name | evil }}', 'unknown filter "evil"'],
    ['{{ subscriber.a | default }}x{{ subscriber.a | default: }}', 'cannot be read'],
    ['{{ subscriber.a b }}', 'cannot be read'],
    ['{{ subscriber.a | default: "}" }}', 'cannot be read'],
    ['{{ newsletter.secret }}', 'unknown name "newsletter.secret"'],
  ])('%s is an error with its line, and is shown as written', (source, what) => {
    const [error, ...others] = errors(`---\ntitle: T\n---\n\ntext\n${source}\n`)
    expect(error).toMatchObject({ line: 6, what: expect.stringContaining(what) })
    expect(others).toEqual([])
    expect(visibleText(parsed(source).issue)).toContain(source.replace(/^.*x/, ''))
  })

  test('an unknown name in the subject is an error with its line', () => {
    expect(errors('---\ntitle: T\nsubject: Hi {{ name }}\n---\ntext')).toMatchObject([{ line: 3 }])
  })

  test('in a comment they are neither judged nor kept', () => {
    const { issue, findings } = parsed('a\n\n<!-- {{ foo.bar }} {{ subscriber.email }} -->')
    expect(findings.filter((each) => each.severity === 'error')).toEqual([])
    expect(issue.merges).toEqual([])
  })

  test('may stand in path and query of a link, not in its scheme or host', () => {
    const { issue } = parsed('[a](https://a.example/{{ subscriber.id }}?e={{ subscriber.email }})')
    const [path, query] = issue.merges.map((merge) => merge.placeholder)
    expect(hrefs(issue)).toEqual([`https://a.example/${path}?e=${query}`])
    for (const href of [
      '{{ subscriber.url }}',
      'https://{{ subscriber.host }}/x',
      '//{{ subscriber.host }}',
      '{{ subscriber.scheme }}://a.example',
      'https://a.example@{{ subscriber.host }}',
    ]) {
      expect(errors(`---\nbase_url: https://a.example\n---\n[a](<${href}>)`)).toMatchObject([
        { line: 4, what: expect.stringContaining('scheme or host') },
      ])
    }
  })

  test('survive emphasis, tables and HTML around them', () => {
    const { issue } = parsed(
      '**“{{ subscriber.a }}”**后 | x\n\n| a |\n|---|\n| {{ subscriber.b }} |\n\n<b title="{{ subscriber.c }}">{{ subscriber.d }}</b>',
    )
    expect(issue.merges.map((merge) => merge.source)).toEqual(
      ['a', 'b', 'c', 'd'].map((name) => `{{ subscriber.${name} }}`),
    )
    const written = JSON.stringify(issue.blocks)
    for (const { placeholder } of issue.merges) expect(written).toContain(placeholder)
  })

  test('over two lines keep the lines after them right', () => {
    const { issue, findings } = parsed('a {{ subscriber.a\n| default: "x" }} b\n\n[x](rel)')
    expect(issue.merges).toMatchObject([{ line: 1 }])
    expect(findings).toContainEqual(
      expect.objectContaining({ line: 4, what: 'relative link: rel' }),
    )
  })

  test('in a title are refused: pages show it to everybody', () => {
    expect(errors('---\ntitle: Hi {{ subscriber.email }}\n---\ntext')).toMatchObject([{ line: 2 }])
    const { issue } = parsed('# Hi {{ subscriber.first_name | default: "reader" }}\n\ntext')
    expect(issue.meta.title).toBe('Hi reader')
  })

  test('every expression that is let through is Liquid’s to read', () => {
    const engine = new Liquid()
    const { issue } = parsed(
      [
        '{{ subscriber.email }}',
        '{{- newsletter.name -}}',
        '{{subscriber.first_name|default:"x"}}',
        "{{ subscriber.a | default: 'it' | upcase | strip }}",
        '{{ subscriber.a | truncate: 10, "…" | escape }}',
        '{{ subscriber.a | default: newsletter.name | capitalize | downcase }}',
      ].join('\n\n'),
    )
    expect(issue.merges).toHaveLength(6)
    for (const { source } of issue.merges) {
      expect(() => engine.parse(source)).not.toThrow()
      expect(() => compileMerge(source)).not.toThrow()
    }
  })

  test('a placeholder that the editor makes up means nothing', () => {
    expect(plainText(bodyTokens('zqabcdefghijklmnop').slice(0, 1))).toBe('zqabcdefghijklmnop')
    expect(parseIssue('zqabcdefghijklmnop', { file: 'a.md' })).toMatchObject({
      issue: { merges: [] },
    })
  })
})
