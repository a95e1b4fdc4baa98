import { describe, expect, test } from 'vitest'
import { bodyTokens, parsed, visibleText } from '../support/issue-text.ts'

const text = (markdown: string): string =>
  visibleText(parsed(`---\ntitle: T\n---\n${markdown}`).issue).replace(/\s+/g, ' ')
const types = (markdown: string): string[] => bodyTokens(markdown).map((token) => token.type)

describe('what generators of sites read', () => {
  test('a container is a quote with its title', () => {
    expect(text('::: tip 标题 *x*\n内容\n\n- a\n:::\n\nafter')).toBe('T 标题 x 内容 a after')
    expect(text('::: warning\nc\n:::')).toBe('T Warning c')
    expect(text('::: code-group\nc\n:::')).toBe('T c')
    expect(text('::: tip\n:::: info A\nx\n::::\n:::\nend')).toContain('end')
    expect(types('::: tip\nc\n:::')).toContain('blockquote')
  })

  test('a container without an end is text', () => {
    expect(text('::: tip\nc\n\n## A')).toBe('T ::: tip c A')
  })

  test('lines within a container and after it are counted', () => {
    const { findings } = parsed('---\ntitle: T\n---\n::: tip X\n[a](rel)\n:::\n\n[b](rel)\n')
    expect(findings.filter((f) => f.severity === 'error').map((f) => f.line)).toEqual([5, 8])
  })

  test('an alert says its name', () => {
    expect(text('> [!NOTE]\n> Body\n> more')).toBe('T Note Body more')
    expect(text('> [!odd]\n> Body')).toBe('T [!odd] Body')
  })

  test('a table of contents, attributes and the mark of an excerpt are no text', () => {
    expect(text('[[toc]]\n\nA\n{: .cls #id}\n\n* TOC\n{:toc}\n\n<!-- more -->\n\nB')).toBe('T A B')
    expect(text('[x](https://a.example){:target="_blank" rel="x"} b')).toBe('T x b')
  })

  test('Clojure’s maps and a tag of Liquid are text', () => {
    expect(text('{:a 1} and {% if x %}')).toBe('T {:a 1} and {% if x %}')
  })

  test('the id of a heading is where it can be led to', () => {
    const { issue } = parsed(
      '---\ntitle: T\n---\n## Title {#my-id}\n\n[x](#my-id)\n\n## Other {: #o}\n\nx',
    )
    expect(issue.blocks).toMatchObject([
      { plainTitle: 'Title', anchor: 'my-id' },
      { plainTitle: 'Other', anchor: 'o' },
    ])
  })

  test('math stays as it is written', () => {
    expect(text('$E = mc^2$ and $$\\sum_{i} x_i * y_i$$')).toContain('$E = mc^2$ and $$')
  })
})

describe('bullets that a tab indents', () => {
  test('are a list, under a line of text too', () => {
    expect(types('\t- a\n\t- b\n\n\t- c')).toContain('list')
    expect(types('Intro:\n\t- a\n\t\t- b\n\nend').filter((type) => type === 'list')).toHaveLength(2)
    expect(types('\t• a\n\t• b')).toContain('list')
  })

  test.each([
    ['para\n\t- a\n\n    code', ['paragraph', 'list', 'code']],
    ['# H\n\t* a\n\n\t1. x\n\t2. y', ['list', 'list']],
    ['\t- a\n\n\t  more\n\n\t- b', ['list']],
    ['x\n    - a\n    - b', ['paragraph', 'list']],
    ['x\n\n    - a', ['paragraph', 'code']],
  ])('or a number, and end where text or code begins: %j', (markdown, expected) => {
    const found = types(markdown).filter((type) => /^(?:heading|paragraph|list|code)$/.test(type))
    const blocks = markdown.includes('more') ? found.filter((type) => type === 'list') : found
    expect(blocks).toEqual(expected)
  })

  test('are code where not all lines are bullets, or one is a sample of Markdown', () => {
    expect(types('\t- a\n\tcode')).toEqual(['code'])
    expect(types('\t- [a](https://a.example)')).toEqual(['code'])
  })

  test('under a list belong to it', () => {
    expect(types('- a\n\t- b').filter((type) => type === 'list')).toHaveLength(2)
  })

  test('and the lines after them are counted right', () => {
    const { findings } = parsed('---\ntitle: T\n---\nA\n\t- b\n\t- c\n\n[x](rel)\n')
    expect(findings.find((f) => f.severity === 'error')?.line).toBe(8)
  })
})
