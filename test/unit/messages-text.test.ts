import fc from 'fast-check'
import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import { graphemesOf } from '../../src/messages/graphemes.ts'
import { columnsOf, joinLines, wrapText } from '../../src/messages/text-layout.ts'
import { blocksToText } from '../../src/messages/token-text.ts'

const text = (markdown: string, columns = 72): string =>
  blocksToText(marked.lexer(markdown), columns).join('\n')

describe('a line', () => {
  test('counts a wide character as two, a combining mark as none, an emoji as two', () => {
    expect(columnsOf('灯塔 ab')).toBe(7)
    expect(columnsOf('e\u0301')).toBe(1)
    expect(columnsOf('👩‍👩‍👧')).toBe(2)
    expect(columnsOf('（）')).toBe(4)
    expect(columnsOf('한국')).toBe(4)
  })

  test('is never wider than asked for, and loses nothing', () => {
    const word = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'abcXYZ.,'), minLength: 1, maxLength: 12 }),
      fc.string({
        unit: fc.constantFrom(...'灯塔的看守人会回信，。（）《》「」'),
        minLength: 1,
        maxLength: 60,
      }),
      fc.constantFrom('👩‍👩‍👧', '“引号”', 'GPT-4', 'カタカナー', 'é'),
    )
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 60 }),
        fc.integer({ min: 30, max: 80 }),
        (words, columns) => {
          const whole = words.join(' ')
          const lines = wrapText(whole, columns)
          expect(lines.join('').replace(/ /g, '')).toBe(whole.replace(/ /g, ''))
          for (const line of lines) {
            // A run of marks that must not be parted may stand out a little.
            if (!/[，。（）《》「」“”.,]{6,}/.test(line))
              expect(columnsOf(line)).toBeLessThanOrEqual(columns)
          }
        },
      ),
    )
  })

  test('does not begin with a closing mark or end with an opening one', () => {
    const lines = wrapText(
      '他说：“灯塔的看守人（一位老人）会回信”，于是我们写了《给灯塔的信》。'.repeat(6),
      30,
    )
    for (const line of lines) {
      expect(line).not.toMatch(/^[，。）》”：、]/)
      expect(line).not.toMatch(/[（《“]$/)
    }
  })

  test('parts text without spaces between its words only, as Thai has none', () => {
    const thai = 'ภาษาไทยเป็นภาษาที่ไม่มีการเว้นวรรคระหว่างคำ'
    const lines = wrapText(thai.repeat(3), 30)
    expect(lines.join('')).toBe(thai.repeat(3))
    expect(lines.length).toBeGreaterThan(2)
    const words = new Set(
      Array.from(
        new Intl.Segmenter('th', { granularity: 'word' }).segment(thai.repeat(3)),
        (s) => s.index,
      ),
    )
    let at = 0
    for (const line of lines) {
      expect(words.has(at), line).toBe(true)
      at += line.length
    }
  })

  test('counts what will be filled in as the value, not as what stands for it', () => {
    expect(columnsOf('Hello zqabcdefghijklmnop!')).toBe(6 + 13 + 1)
  })

  test('of a hundred thousand characters is broken in no more than a second', () => {
    const before = process.cpuUsage()
    expect(wrapText('灯塔的看守人会回信，'.repeat(10_000)).length).toBeGreaterThan(2000)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(1000)
  })

  test('tells characters apart as the whole text does, wherever it is cut for that', () => {
    const unit = fc.constantFrom(
      'a',
      '灯',
      'é',
      'e\u0301',
      '👩‍👩‍👧',
      '🇩🇪',
      '👍🏽',
      '한',
      'क्षि',
      '\u200d',
      'ภา',
    )
    fc.assert(
      fc.property(fc.array(unit, { minLength: 300, maxLength: 500 }), (units) => {
        const text = units.join('')
        const whole = new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(text)
        expect(graphemesOf(text)).toEqual(Array.from(whole, ({ segment }) => segment))
      }),
      { numRuns: 40 },
    )
  })

  test('never breaks an address', () => {
    const url = `https://quarry.example/${'a'.repeat(90)}`
    expect(wrapText(`见${url}，再看`)).toEqual(['见', `${url}，`, '再看'])
  })

  test('of source joins the next without a space where both are Chinese', () => {
    expect(joinLines('灯塔\n回信')).toBe('灯塔回信')
    expect(joinLines('灯塔\nletters\nanswer')).toBe('灯塔 letters answer')
  })
})

describe('plain text', () => {
  test('puts a link’s address on its own line below its paragraph', () => {
    expect(text('See [the letters](https://a.example/l) today.')).toBe(
      'See the letters today.\nhttps://a.example/l',
    )
    expect(text('[One](https://a.example/1) and [two](https://a.example/2).')).toBe(
      'One and two.\nOne: https://a.example/1\ntwo: https://a.example/2',
    )
    expect(text('At <https://a.example/l> only.')).toBe('At https://a.example/l only.')
  })

  test('underlines titles and sections by their width', () => {
    expect(text('# 灯塔 a\n\n## Field notes\n\n### Item')).toBe(
      '灯塔 a\n======\n\nField notes\n-----------\n\nItem',
    )
  })

  test('shows images by their words, with the address', () => {
    expect(text('![A lighthouse](https://a.example/l.png)')).toBe(
      '[A lighthouse]\nhttps://a.example/l.png',
    )
    expect(text('![](https://a.example/l.png?x=1)')).toBe('[l.png]\nhttps://a.example/l.png?x=1')
    expect(text('<p><img src="https://a.example/l.png" alt="A &amp; B"></p>')).toBe(
      '[A & B]\nhttps://a.example/l.png',
    )
  })

  test('keeps code as it is, whatever its width', () => {
    const code = `const a = "${'x'.repeat(80)}" // **not bold**`
    expect(text(`\`\`\`js\n${code}\n  b\n\`\`\``)).toBe(`    ${code}\n      b`)
    expect(text('Run `npm **ci**`.')).toBe('Run npm **ci**.')
  })

  test('sets a table in columns, and stacks one that is too wide', () => {
    expect(text('| 名 | n |\n|-|-:|\n| 灯塔 | 2 |\n| b | 10 |')).toBe(
      '名     n\n----  --\n灯塔   2\nb     10',
    )
    const wide = 'word '.repeat(12).trim()
    expect(text(`| a | b |\n|-|-|\n| ${wide} | ${wide} |\n| 1 | 2 |`)).toBe(
      `a: ${wide}\nb: ${wide}\n\na: 1\nb: 2`,
    )
  })

  test('puts the addresses of a stacked table under the row that they belong to', () => {
    const wide = 'word '.repeat(16).trim()
    const row = (n: number, b: string) => `| [${wide}](https://a.example/${n}) | ${b} |`
    const name = `a: ${'word '.repeat(14).trim()}\nword word`
    expect(text(`| a | b |\n|-|-|\n${row(1, '1')}\n${row(2, '')}`)).toBe(
      `${name}\nb: 1\nhttps://a.example/1\n\n${name}\nhttps://a.example/2`,
    )
  })

  test('sets a table of the editor’s HTML in columns, one that is too wide cell by cell', () => {
    const row = (tag: string, ...cells: string[]) =>
      `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
    expect(text(`<table>${row('th', '名', 'n')}${row('td', '灯塔', '12')}</table>`)).toBe(
      '名    n\n----  --\n灯塔  12',
    )
    const long = 'word '.repeat(10).trim()
    expect(text(`<table>${row('td', long, long)}</table>`)).toBe(`${long}\n${long}`)
  })

  test('writes what a browser would draw: the reading of a word, quotes, rules', () => {
    expect(text('<ruby>漢<rt>かん</rt></ruby> <q>so</q>')).toBe('漢(かん) “so”')
    expect(text('<ruby>漢<rp>（</rp><rt>かん</rt><rp>）</rp></ruby>')).toBe('漢（かん）')
    expect(text('<p>a</p><hr><p>b</p>')).toBe('a\n\n* * *\n\nb')
  })

  test('sets lists with their marks, nested and numbered', () => {
    expect(text('3. one\n4. two\n   - in\n     deep\n\n- [x] done\n- [ ] not')).toBe(
      '3. one\n4. two\n   - in deep\n\n- [x] done\n- [ ] not',
    )
    expect(text('- a [b](https://a.example/b)\n- c')).toBe('- a b\n  https://a.example/b\n- c')
  })

  test('indents a quote: mail programs fold away what stands behind >', () => {
    expect(text('> aaa bbb ccc\n>\n> ddd', 9)).toBe('  aaa bbb\n  ccc\n\n  ddd')
  })

  test('reads entities and leaves no Markdown or HTML behind', () => {
    expect(text('**a** _b_ ~~c~~ &copy; &lt;d&gt; \\*e\\* <kbd>f</kbd><br>g')).toBe(
      'a b c © <d> *e* f\ng',
    )
  })
})
