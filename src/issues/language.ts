/** Characters that only traditional Chinese writes, or nearly; each is frequent in ordinary prose. */
const TRADITIONAL = /[這個們來為說時會對過還後開關學國與東車長門間電話語讓應該發現樣點]/gu
const SIMPLIFIED = /[这个们来为说时会对过还后开关学国与东车长门间电话语让应该发现样点]/gu

const FREQUENT: readonly (readonly [language: string, words: ReadonlySet<string>])[] = [
  ['en', words('the and of to is in that for with this are on you it as was by from have not')],
  ['de', words('der die und das ist nicht ein eine mit den von zu für auf sich dem im auch wird')],
  ['fr', words('le la les et des est une dans que pour pas qui sur du au avec ce sont plus par')],
  ['es', words('el la los las y que en un una por con para es del se no como más su al lo')],
]

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

type Shares = (pattern: RegExp) => number

/** The first whose script has its share; CJK prose carries many Latin names, so that a tenth is enough there. */
const SCRIPTS: readonly (readonly [
  pattern: RegExp,
  least: number,
  language: (text: string) => string | null,
])[] = [
  [/\p{Script=Hangul}/gu, 0.1, () => 'ko'],
  [/\p{Script=Han}/gu, 0.1, (text) => (isTraditional(text) ? 'zh-TW' : 'zh-CN')],
  [/\p{Script=Cyrillic}/gu, 0.3, (text) => (/[іїєґ]/i.test(text) ? 'uk' : 'ru')],
  [/\p{Script=Arabic}/gu, 0.3, (text) => (/[پچژگکی]/.test(text) ? 'fa' : 'ar')],
  [/\p{Script=Hebrew}/gu, 0.3, () => 'he'],
  [/\p{Script=Greek}/gu, 0.3, () => 'el'],
  [/\p{Script=Latin}/gu, 0.5, byFrequentWords],
]

/** The language that a text is most likely in, as BCP 47, or null where it cannot be told. */
export function detectLanguage(text: string): string | null {
  const prose = text.replace(/https?:\/\/\S+/g, ' ')
  const letters = count(prose, /\p{L}/gu)
  if (letters < 2) return null
  const share: Shares = (pattern) => count(prose, pattern) / letters
  if (isJapanese(share)) return 'ja'
  const found = SCRIPTS.find(([pattern, least]) => share(pattern) > least)
  return found?.[2](prose) ?? null
}

/** A Chinese text that quotes a Japanese name has some kana, a Japanese one nearly as many as Han; は and を are no names. */
function isJapanese(share: Shares): boolean {
  if (share(/[はをがへ]/gu) > 0.04) return true
  const kana = share(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu)
  return kana > 0.1 || (kana > 0.02 && kana > share(/\p{Script=Han}/gu) / 4)
}

function isTraditional(text: string): boolean {
  return count(text, TRADITIONAL) > count(text, SIMPLIFIED)
}

function byFrequentWords(text: string): string | null {
  const found = text.toLowerCase().match(/\p{L}+/gu) ?? []
  const scores = FREQUENT.map(([language, frequent]) => ({
    language,
    score: found.filter((word) => frequent.has(word)).length,
  })).sort((a, b) => b.score - a.score)
  const [best, next] = scores
  const isClear = best !== undefined && best.score >= 3 && best.score > (next?.score ?? 0) * 1.2
  // Every fifteenth word at least: in prose of these languages it is every third.
  return isClear && best.score * 15 >= found.length ? best.language : null
}
