import { de } from './words/de.ts'
import { en } from './words/en.ts'
import { es } from './words/es.ts'
import { fa } from './words/fa.ts'
import { fr } from './words/fr.ts'
import { ja } from './words/ja.ts'
import { ko } from './words/ko.ts'
import type { Words } from './words/phrases.ts'
import { ru } from './words/ru.ts'
import { zh } from './words/zh.ts'
import { zhHant } from './words/zh-hant.ts'

const BY_LANGUAGE: Readonly<Record<string, Words>> = { de, en, es, fa, fr, ja, ko, ru, zh }

/** The words of that language where we have them, else English. */
export function wordsFor(language: string): Words {
  if (/^zh-(hant|tw|hk|mo)\b/i.test(language)) return zhHant
  const [primary = ''] = language.toLowerCase().split('-')
  return Object.hasOwn(BY_LANGUAGE, primary) ? (BY_LANGUAGE[primary] as Words) : en
}
