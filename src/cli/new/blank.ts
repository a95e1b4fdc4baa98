import { stringify } from 'yaml'

type Words = Readonly<{ section: string; tagline: string; item: string; text: string }>

/** In the languages that mails are dressed in; a text in another would be found fault with by `check`. */
const WORDS: Readonly<Record<string, Words>> = {
  en: {
    section: 'Section',
    tagline: 'One sentence on what this section is about',
    item: 'The title of an item',
    text: 'What it is, and why it is worth reading.',
  },
  zh: {
    section: '栏目',
    tagline: '一句话说明这个栏目',
    item: '条目标题',
    text: '它讲了什么，为什么值得一读。',
  },
  'zh-Hant': {
    section: '欄目',
    tagline: '一句話說明這個欄目',
    item: '條目標題',
    text: '它講了什麼，為什麼值得一讀。',
  },
  ja: {
    section: '見出し',
    tagline: 'この欄で扱うことを一文で',
    item: '記事の題',
    text: 'どんな内容で、なぜ読む価値があるのか。',
  },
  ko: {
    section: '꼭지',
    tagline: '이 꼭지에서 다루는 것을 한 문장으로',
    item: '글의 제목',
    text: '무엇에 관한 글이고, 왜 읽을 만한지.',
  },
  de: {
    section: 'Rubrik',
    tagline: 'Ein Satz dazu, worum es in dieser Rubrik geht',
    item: 'Die Überschrift eines Beitrags',
    text: 'Worum es geht, und warum es sich zu lesen lohnt.',
  },
  fr: {
    section: 'Rubrique',
    tagline: 'Une phrase sur le sujet de cette rubrique',
    item: 'Le titre d’un article',
    text: 'De quoi il s’agit, et pourquoi cela vaut la lecture.',
  },
  es: {
    section: 'Sección',
    tagline: 'Una frase sobre el tema de esta sección',
    item: 'El título de un artículo',
    text: 'De qué trata, y por qué merece la lectura.',
  },
  ru: {
    section: 'Рубрика',
    tagline: 'Одно предложение о том, чему посвящена рубрика',
    item: 'Заголовок заметки',
    text: 'О чём она и почему её стоит прочесть.',
  },
  fa: {
    section: 'بخش',
    tagline: 'یک جمله دربارهٔ این بخش',
    item: 'عنوان یک مطلب',
    text: 'دربارهٔ چیست و چرا ارزش خواندن دارد.',
  },
}

/** A whole issue in the shape that is recognised: a section with its tagline, an item with its source. */
export function blankIssue(
  meta: Readonly<{ title: string; newsletter?: string; date: string; language: string }>,
): string {
  const words = wordsFor(meta.language)
  return [
    `---\n${stringify(meta)}---\n`,
    `## ${words.section}`,
    `> ${words.tagline}\n`,
    `### ${words.item}`,
    '> https://www.example.com/\n',
    `${words.text}\n`,
  ].join('\n')
}

function wordsFor(language: string): Words {
  const [name = '', ...parts] = language.toLowerCase().split(/[-_]/)
  const isTraditional = name === 'zh' && parts.some((part) => /^(?:hant|tw|hk|mo)$/.test(part))
  return WORDS[isTraditional ? 'zh-Hant' : name] ?? (WORDS.en as Words)
}
