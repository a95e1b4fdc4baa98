import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkIssue } from '../../src/issues/check.ts'
import type { Issue } from '../../src/issues/issue.ts'
import { parseIssue } from '../../src/issues/parse.ts'
import { everyToken, hrefs, parsed, visibleText } from '../support/issue-text.ts'

type Piece = (word: () => string, address: () => string) => string

/** Blocks of an issue, right and odd; each word is a new one. */
const PIECES: readonly Piece[] = [
  (w) => `${w()} ${w()}\n${w()}`,
  (w) => `# ${w()}`,
  (w) => `## ${w()} **${w()}**`,
  (w) => `${w()}\n---`,
  (w) => `## ${w()}\n> ${w()}`,
  (w, a) => `## ${w()}\n> ${a()}`,
  (w, a) => `### ${w()}\n> ${a()}\n\n${w()}`,
  (w, a) => `### ${w()}\n> [${w()}](${a()}) | [${w()}](${a()})\n>\n> ${a()}`,
  (w, a) => `### ${w()}\n> ${w()} ${a()}\n${w()}`,
  (w) => `### ${w()}\n\n#### ${w()}`,
  (w) => `> ${w()}\n>\n> - ${w()}\n> - ${w()}`,
  (w) => `- ${w()}\n- ${w()}\n\n  ${w()}\n  1. ${w()}`,
  (w) => `- [ ] ${w()}\n- [x] ${w()}`,
  (w) => `| ${w()} | ${w()} |\n|---|:-:|\n| ${w()} | ${w()} |`,
  (w) => `\`\`\`js\n${w()} {{ x }}\n\`\`\``,
  (w) => `    ${w()}`,
  (w) => `**“${w()}”**后面，*${w()}*、~~${w()}~~\`${w()}\``,
  (w, a) => `看${a()}。${w()}（${a()}）${w()}`,
  (w, a) => `![${w()}](${a()}/i.png) <${a()}>`,
  (w) => `<div align="center">\n\n${w()}\n\n</div>`,
  (w) => `<p>${w()} <b>${w()}</p>`,
  (w, a) => `<a href="${a()}">${w()}</a> <kbd>${w()}</kbd> <blink>${w()}</blink>`,
  (w) => `<details>\n<summary>${w()}</summary>\n\n- ${w()}\n\n</details>`,
  (w) => `<table><tr><td>${w()}<td>${w()}</table>`,
  (w) => `</div></td></table>\n\n${w()}`,
  (w) => `<form>\n${w()}\n</form>`,
  (w) => `${w()} <!-- gone --> ${w()}`,
  (w) => `${w()}[^none]`,
  (w) => `Vec<${w()}> &amp; &lt;${w()}&gt;`,
  (w) => `Hi {{ subscriber.first_name | default: "x" }} ${w()} {{ foo.bar }}`,
  () => '***',
  (w) => `　　${w()}`,
]

const documents = fc
  .array(fc.record({ piece: fc.constantFrom(...PIECES), gap: fc.constantFrom('\n\n', '\n\n\n') }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => {
    const words: string[] = []
    const addresses: string[] = []
    const word = (): string => {
      words.push(`w${words.length}字`)
      return words.at(-1) as string
    }
    const address = (): string => {
      addresses.push(`https://h${addresses.length}.example/p`)
      return addresses.at(-1) as string
    }
    const markdown = parts.map(({ piece, gap }) => piece(word, address) + gap).join('')
    return { markdown, words, addresses }
  })

/** Those of images, and those in HTML. */
function otherAddresses({ blocks }: Issue): string[] {
  return everyToken(
    blocks.flatMap((block) =>
      block.kind === 'markdown' ? block.tokens : block.blocks.flatMap((each) => each.tokens),
    ),
  ).flatMap((token) =>
    token.type === 'image' ? [token.href] : token.type === 'html' ? [token.text] : [],
  )
}

/** A tagline shows only where its section does; the words of the others are told by `visibleText` all the same. */
const seen = (issue: Issue): string[] => visibleText(issue).match(/w\d+字/g) ?? []

test('no word of an issue is lost, and each stands where it stood', () => {
  fc.assert(
    fc.property(documents, ({ markdown, words }) => {
      const { issue } = parsed(`---\ntitle: T\n---\n${markdown}`)
      expect(seen(issue)).toEqual(words)
    }),
    { numRuns: 500 },
  )
})

test('no word of a footnote is lost, wherever it is written', () => {
  fc.assert(
    fc.property(documents, fc.nat(12), ({ markdown, words }, at) => {
      const paragraphs = markdown.split('\n\n')
      paragraphs.splice(at, 0, '[^1]: w900字\n\n    w901字', '[^2]: w902字')
      const { issue } = parsed(`---\ntitle: T\n---\n${paragraphs.join('\n\n')}\n\nend[^2]`)
      expect(seen(issue).sort()).toEqual([...words, 'w900字', 'w901字', 'w902字'].sort())
    }),
    { numRuns: 200 },
  )
})

test('no address of an issue is lost', () => {
  fc.assert(
    fc.property(documents, ({ markdown, addresses }) => {
      const { issue } = parsed(`---\ntitle: T\n---\n${markdown}`)
      const kept = [...hrefs(issue), ...otherAddresses(issue)].join('\n')
      for (const address of addresses) expect(kept).toContain(address)
    }),
    { numRuns: 200 },
  )
})

test('whatever the line ends, the issue is the same', () => {
  fc.assert(
    fc.property(documents, ({ markdown }) => {
      const text = `---\ntitle: T\n---\n${markdown}`
      expect(
        visibleText(parsed(`\ufeff${text.replaceAll('\n', '\r\n')}`).issue).replace(
          /zq\w{16}/g,
          '',
        ),
      ).toBe(visibleText(parsed(text).issue).replace(/zq\w{16}/g, ''))
    }),
    { numRuns: 100 },
  )
})

const MARKS = [
  ...'#>*_~`|[](){}<>!&;:\\/-=+.,"\'\n\n\t  ax1',
  '。，（）“”「」后\u202e\u0000\r',
  '---\n',
  '```',
  '<!--',
  '-->',
  '{{ subscriber.a',
  '}}',
  '{%',
  '<script>',
  '</div>',
  '<a href=',
  '![',
  'https://a.example',
  'title: x\n',
  '1. ',
  '- ',
  '😀',
]

test('no text at all makes it throw', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...MARKS), fc.string({ unit: 'binary', maxLength: 3 })), {
        maxLength: 60,
      }),
      (marks) => {
        const result = parseIssue(marks.join(''), { file: 'a.md' })
        if (result.ok) checkIssue(result.issue, { file: 'a.md' })
        else expect(result.findings.length).toBeGreaterThan(0)
      },
    ),
    { numRuns: 3000 },
  )
})
