import type { MarkedExtension, Tokens } from 'marked'
import { rememberStart } from './next-start.ts'

// `[文字]（https://a.example/）`: a Chinese or Japanese keyboard gives full-width brackets, and what is meant is plain.
// Only with an address in them: `[甲]（乙）` is text.

const HERE =
  /^(!?)\[((?:[^[\]\\\n]|\\.){1,300})\]（[ \u3000]*((?:https?:\/\/|mailto:)[^\s（）<>]{1,2000})[ \u3000]*[）)]/i

export function wideBrackets(): MarkedExtension {
  return {
    extensions: [
      {
        name: 'wide-brackets',
        level: 'inline',
        start: rememberStart((src) => src.search(/!?\[[^[\]\n]{1,300}\]（/)),
        tokenizer(src): Tokens.Link | Tokens.Image | undefined {
          const [raw, mark, text, href] = HERE.exec(src) ?? []
          if (raw === undefined || text === undefined || href === undefined) return undefined
          if (this.lexer.state.inLink && mark === '') return undefined
          const tokens = within(this.lexer, text)
          const common = { raw, href, title: null, text, tokens }
          return mark === '!' ? { type: 'image', ...common } : { type: 'link', ...common }
        },
      },
    ],
  }
}

type Lexer = { state: { inLink: boolean }; inlineTokens(src: string): Tokens.Link['tokens'] }

function within(lexer: Lexer, text: string): Tokens.Link['tokens'] {
  const outside = lexer.state.inLink
  lexer.state.inLink = true
  const tokens = lexer.inlineTokens(text)
  lexer.state.inLink = outside
  return tokens
}
