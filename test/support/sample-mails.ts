import { readFileSync } from 'node:fs'
import { parseIssue } from '../../src/issues/parse.ts'
import { compileIssue } from '../../src/messages/compile.tsx'
import type { Design } from '../../src/messages/design.ts'
import { createFiller } from '../../src/messages/fill.ts'

type Sample = Pick<Design, 'newsletterName' | 'brandColor' | 'language' | 'postalAddress'>

/** The newsletters that our sample issues belong to. */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  'qingdeng-weekly-001': {
    newsletterName: '青灯周刊',
    brandColor: '#b4532a',
    language: 'zh-CN',
    postalAddress: '青灯周刊编辑部\n示例市示例路 1 号',
  },
  'field-notes-007': {
    newsletterName: 'Field Notes',
    brandColor: '#0b6e4f',
    language: 'en',
    postalAddress: 'Field Notes, 4 Quay Street, Exampleton',
  },
  'lantern-letters-014': {
    newsletterName: 'Lantern Letters',
    brandColor: '#6d28d9',
    language: 'en',
    postalAddress: 'Lantern Letters, 12 Example Row, Exampleton',
  },
  'akari-042': {
    newsletterName: '灯火通信',
    brandColor: '#c2410c',
    language: 'ja',
    postalAddress: '灯火通信編集部\n例市見本町 1-2-3',
  },
  'werkbank-023': {
    newsletterName: 'Werkbank',
    brandColor: '#1d4ed8',
    language: 'de',
    postalAddress: 'Werkbank, Musterstraße 1, 28195 Bremen',
  },
  'nameh-012': {
    newsletterName: 'نامهٔ چراغ',
    brandColor: '#0f766e',
    language: 'fa',
    postalAddress: 'تهران، خیابان نمونه، شمارهٔ ۱',
  },
  'mayak-031': {
    newsletterName: 'Маяк',
    brandColor: '#9f1239',
    language: 'ru',
    postalAddress: '«Маяк», Примерная улица, дом 1',
  },
  'pyeonji-005': {
    newsletterName: '등불 편지',
    brandColor: '#a16207',
    language: 'ko',
    postalAddress: '등불 편지, 예시시 보기로 1',
  },
}

/** A sample issue as a reader of whom nothing is known gets it. */
export async function sampleMail(name: string): Promise<{ html: string; text: string }> {
  const sample = SAMPLES[name]
  if (sample === undefined) throw new Error(`no sample issue is called ${name}`)
  const source = readFileSync(new URL(`../../issues/${name}.md`, import.meta.url), 'utf8')
  const parsed = parseIssue(source, { file: `${name}.md` })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings))
  const compiled = await compileIssue(parsed.issue, { ...sample, timeZone: 'UTC' })
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings))
  return createFiller(compiled.message)({
    address: 'reader@mail.example',
    attributes: {},
    unsubscribeUrl: 'https://news.example/u/token',
    webUrl: 'https://news.example/issue',
    newsletterName: sample.newsletterName,
    issueTitle: parsed.issue.meta.title,
  })
}
