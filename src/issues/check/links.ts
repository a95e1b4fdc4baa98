import type { Token, Tokens } from 'marked'
import { decodeEntities } from '../entities.ts'
import { type Findings, shorten } from '../finding.ts'
import type { Block, HtmlLink, SourceLine } from '../issue.ts'
import { childrenOf, plainText } from '../plain-text.ts'
import { walkBlocks } from '../walk.ts'

/** In English, Chinese, Japanese, Korean, German, French, Spanish, Italian, Portuguese, Russian, Arabic and Persian. */
const SAYS_NOTHING = new RegExp(
  `^(?:${[
    'here|click here|click|this|link|this link|more|read more|learn more|read on|continue reading|see more|go|url|website|source',
    '这里|此处|这儿|點此|点此|链接|鏈接|連結|点击|點擊|点击这里|點擊這裡|点击此处|点这里|这|更多|阅读更多|查看更多|阅读全文|了解更多|详情|查看详情|戳这里|传送门|点我|戳我|點我|地址|网址|原文|原文链接|阅读原文|查看原文|閱讀原文|点击查看',
    'ここ|こちら|こちらをクリック|リンク|続きを読む|もっと読む|詳細|詳しくはこちら',
    '여기|여기를 클릭|링크|더 보기|자세히|더보기|바로가기',
    'hier|hier klicken|mehr|weiterlesen|mehr erfahren|mehr lesen|dieser link|zum artikel',
    'ici|cliquez ici|lien|ce lien|lire la suite|en savoir plus|plus|voir plus',
    'aquí|haz clic aquí|enlace|este enlace|leer más|más|ver más|saber más',
    'qui|clicca qui|leggi di più|aqui|clique aqui|leia mais|saiba mais',
    'тут|здесь|сюда|ссылка|по ссылке|подробнее|читать далее|читать дальше|далее',
    'هنا|اضغط هنا|المزيد|اقرأ المزيد|اینجا|اینجا کلیک کنید|ادامه مطلب|بیشتر|لینک',
  ].join('|')})$`,
  'iu',
)

const THIS_MACHINE =
  /^https?:\/\/(?:[^/?#@]*@)?(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+|\[::1\])(?:[:/?#]|$)/i

export type FoundLink = { href: string; text: string; line: SourceLine }

/** Of a token: the link that it is, or those in its HTML. */
export function linksOf(token: Token, line: SourceLine): FoundLink[] {
  if (token.type === 'link') {
    const isSource = (token as Tokens.Generic).bare === true
    const text = isSource ? '' : plainText(childrenOf(token) ?? [])
    return [{ href: token.href, text, line }]
  }
  return token.type === 'html'
    ? (((token as Tokens.Generic).links as HtmlLink[] | undefined) ?? [])
    : []
}

export function checkLink(
  { href, text, line }: FoundLink,
  anchors: ReadonlySet<string>,
  findings: Findings,
): void {
  const words = text.replace(/[\s.…。>»→:：!！]+$/u, '').replace(/^[\s<«（(【[]+|[）)】\]]+$/gu, '')
  if (SAYS_NOTHING.test(words) || isSignOnly(text)) {
    findings.warning(line, {
      what: `the text of a link says nothing: "${words || text.trim()}"`,
      why: 'screen readers list links by their text alone',
      fix: 'name what it leads to',
    })
  }
  if (href.startsWith('#') && href.length > 1 && !leadsHere(href.slice(1), anchors)) {
    findings.warning(line, {
      what: `${shorten(href)} leads to no heading of this issue`,
      why: 'nothing happens when a reader follows it',
      fix: 'write the heading’s words in lower case, with - for each space',
    })
  }
  if (href === '' || href === '#') {
    findings.warning(line, {
      what: `a link without address: "${shorten(text, 30)}"`,
      why: 'nothing happens when a reader follows it',
      fix: 'write where it leads',
    })
  }
  if (/^https?:\/\/[^/?#@\s]*:[^/?#@\s]*@/i.test(href)) {
    findings.warning(line, {
      what: `a link with a password in it: ${shorten(href.replace(/:[^:@/]*@/, ':…@'))}`,
      why: 'every reader gets it, and browsers warn of such addresses',
      fix: 'write the address without the part before the @',
    })
  }
  if (THIS_MACHINE.test(href)) {
    findings.warning(line, {
      what: `a link that only works on your own network: ${shorten(href)}`,
      why: 'for a reader it leads to their own machine, or nowhere',
      fix: 'write the public address',
    })
  }
}

/** `→`, or a lone `1`; `#123` and `2026` name something. */
function isSignOnly(text: string): boolean {
  const written = text.trim()
  return (
    written !== '' &&
    (/^\d$/.test(written) || !/[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(written))
  )
}

function leadsHere(name: string, anchors: ReadonlySet<string>): boolean {
  // Our own notes lead there and back.
  return anchors.has(name) || /^(?:note|ref)-\d+/.test(name)
}

/** Names that `#name` can lead to. */
export function anchorsOf(blocks: readonly Block[]): ReadonlySet<string> {
  const anchors = new Set<string>()
  walkBlocks(blocks, (token) => {
    if (token.type === 'heading' && 'anchor' in token) anchors.add(String(token.anchor))
    if (token.type !== 'html') return
    for (const match of token.text.matchAll(/\s(?:id|name)="([^"]*)"/g)) {
      anchors.add(decodeEntities(match[1] ?? ''))
    }
  })
  return anchors
}
