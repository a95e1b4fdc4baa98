import { describe, expect, test } from 'vitest'
import type { Block, Item } from '../../src/issues/issue.ts'
import { parsed, visibleText } from '../support/issue-text.ts'

const blocksOf = (markdown: string): Block[] =>
  parsed(`---\ntitle: T\n---\n${markdown}`).issue.blocks
const items = (markdown: string): Item[] =>
  blocksOf(markdown).flatMap((block) =>
    block.kind === 'section'
      ? block.blocks.filter((each): each is Item => each.kind === 'item')
      : [],
  )

describe('an item', () => {
  const A = 'https://a.example/x'

  test.each([
    ['its quote under the title', `## S\n### I\n> ${A}\n\ntext`],
    ['its address without a quote', `## S\n### I\n${A}\n\ntext`],
    ['its quote at the end', `## S\n### I\n\ntext\n\n> ${A}`],
    ['one level up', `# S\n## I\n> ${A}\n\ntext\n\n## J\n> ${A}\n`],
    ['one level down', `### S\n#### I\n> ${A}\n\ntext\n\n#### J\n> ${A}\n`],
    ['two levels below its section', `## S\n#### I\n> ${A}\n\ntext\n`],
    ['a tagline over it', `## S\n> about it\n\n### I\n> ${A}\n\ntext`],
  ])('is seen with %s', (_, markdown) => {
    expect(items(markdown)[0]).toMatchObject({
      plainTitle: 'I',
      sources: [{ href: A, label: 'a.example', bare: true }],
      tokens: [{ type: 'paragraph', text: 'text' }],
    })
  })

  test('among others needs no source, or has it in its title', () => {
    expect(
      items(`## S\n### I\n> ${A}\n\n### None\n\ntext\n\n### [Linked](https://b.example/y)\n\nmore`),
    ).toMatchObject([
      { plainTitle: 'I' },
      { plainTitle: 'None', sources: [], tokens: [{ type: 'paragraph' }] },
      { plainTitle: 'Linked', sources: [{ href: 'https://b.example/y', label: 'b.example' }] },
    ])
  })

  test('is none where the issue has no sources at all', () => {
    expect(items('## S\n### I\n\ntext\n\n### [J](https://b.example)\n\nx')).toEqual([])
  })

  test('keeps words under the title, and links that have words', () => {
    expect(items('## S\n### I\n[Read this](https://b.example)\n\ntext')).toEqual([])
  })
})

describe('a section that holds nothing', () => {
  const ITEM = '## S\n### I\n> https://a.example\n\ntext\n\n'

  test('is left out of an issue of items', () => {
    expect(blocksOf(`${ITEM}## Empty\n> about\n`)).toMatchObject([
      {},
      { kind: 'section', blocks: [] },
    ])
  })

  test('is a heading in any other issue', () => {
    expect(blocksOf('## A\n\n## B\n\ntext')).toMatchObject([
      { kind: 'markdown', tokens: [{ type: 'heading', text: 'A' }] },
      { kind: 'section', plainTitle: 'B' },
    ])
    expect(blocksOf('Text\n\n## [1.0](https://a.example) - 2026\n\n## 0.9\n\nx')).toMatchObject([
      {},
      { kind: 'markdown', tokens: [{ type: 'heading' }] },
      {},
    ])
  })

  test('stays where its heading or its quote leads somewhere', () => {
    expect(blocksOf(`${ITEM}## [Jobs](https://b.example)\n`)[1]).toMatchObject({ kind: 'markdown' })
    const quoted = blocksOf(`${ITEM}## Tools\n> see <https://b.example> for more\n`)[1]
    expect(quoted).toMatchObject({ kind: 'section', blocks: [{ kind: 'markdown' }] })
  })
})

test('nothing is lost whatever the shape', () => {
  const words = ['eins', 'zwei', 'drei', 'vier', 'fünf', 'sechs']
  const { issue } = parsed(
    '---\ntitle: T\n---\n# eins\n\nzwei\n\n#### drei\n> https://a.example\n\n## vier\n\n> fünf\n\n###### sechs\n',
  )
  for (const word of words) expect(visibleText(issue)).toContain(word)
})
