import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseIssue } from '../../src/issues/parse.ts'
import { compileIssue } from '../../src/messages/compile.tsx'
import type { Design } from '../../src/messages/design.ts'
import { createFiller } from '../../src/messages/fill.ts'
import { renderSystemMail } from '../../src/messages/system.tsx'
import { describeWith, programPath } from '../support/programs.ts'

const DESIGN: Design = {
  newsletterName: '青灯周刊',
  language: 'zh-CN',
  timeZone: 'Asia/Shanghai',
  // Too light for white paper and too dark for black: the palette has to move it both ways.
  brandColor: '#d97706',
  postalAddress: '青灯周刊编辑部\n示例市示例路 1 号',
}
const LONG = `https://reading.example/${'path'.repeat(60)}`

/** Everything that has widened a mail on a phone before. */
const HARD = `---
title: ${'很长的标题'.repeat(12)}
date: 2026-8-2
---

Running text with ${LONG} in it, \`${'code'.repeat(60)}\` and **bold**.

## 科技 ${'Unbreakable'.repeat(12)}
> 一句话，[和一个链接](https://a.example/x)

### ${'Item'.repeat(40)}
> ${LONG}

正文里有 [链接](https://a.example/y)，<kbd>Ctrl</kbd>。

| ${'列名'.repeat(6)} | ${'Column'.repeat(6)} | c | d | e |
|-|-|-:|-|-|
| ${'a'.repeat(90)} | ${LONG} | 1 | 2 | 3 |

\`\`\`sh
${'x'.repeat(300)}
\`\`\`

> 引用 ${LONG}

<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="2000" height="900" alt="a wide picture">

![a picture](https://img.invalid/wide.png)

- 一
  - 二
    - [三](https://a.example/z)

### 二
> https://a.example/2

### 三
> https://a.example/3

### 四
> [四](https://a.example/4) | [${'five'.repeat(30)}](https://a.example/5)
`

async function mails(): Promise<Record<string, string>> {
  const parsed = parseIssue(HARD, { file: 'hard.md' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings))
  const compiled = await compileIssue(parsed.issue, DESIGN)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings))
  const address = `${'reader'.repeat(10)}@mail.example`
  const unsubscribeUrl = 'https://news.example/u/token'
  const issue = createFiller(compiled.message)({
    address,
    attributes: {},
    unsubscribeUrl,
    webUrl: 'https://news.example/w/hard',
    newsletterName: DESIGN.newsletterName,
    issueTitle: parsed.issue.meta.title,
  })
  const about = { newsletterName: DESIGN.newsletterName, language: 'zh-CN', address }
  const confirm = await renderSystemMail(
    { kind: 'confirm', ...about, confirmUrl: LONG, expiresInDays: 14 },
    DESIGN,
  )
  const welcome = await renderSystemMail(
    { kind: 'welcome', ...about, language: 'en', unsubscribeUrl, archiveUrl: LONG },
    DESIGN,
  )
  return { issue: issue.html, web: compiled.webHtml, confirm: confirm.html, welcome: welcome.html }
}

describeWith('chromium', 'a mail on a screen', () => {
  let browser: Browser
  let pages: Record<string, string>

  beforeAll(async () => {
    pages = await mails()
    browser = await chromium.launch({
      executablePath: programPath('chromium'),
      args: ['--no-sandbox', '--disable-background-networking'],
    })
  })
  afterAll(async () => {
    await browser?.close()
  })

  test.each([320, 360, 700])(
    'is never wider than its %i px, with its style sheet or without',
    async (width) => {
      const page = await browser.newPage({ viewport: { width, height: 800 } })
      for (const [name, html] of Object.entries(pages)) {
        for (const shown of [html, html.replace(/<style[\s\S]*?<\/style>/, '')]) {
          await page.setContent(shown, { waitUntil: 'domcontentloaded' })
          const tooWide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
          expect(tooWide, name).toBeLessThanOrEqual(0)
        }
      }
      await page.close()
    },
  )

  test.each(['light', 'dark'] as const)(
    'is legible to everybody on a %s screen',
    async (colorScheme) => {
      const context = await browser.newContext({
        viewport: { width: 700, height: 900 },
        colorScheme,
      })
      const page = await context.newPage()
      for (const [name, html] of Object.entries(pages)) {
        await page.setContent(html, { waitUntil: 'domcontentloaded' })
        const { violations } = await new AxeBuilder({ page }).analyze()
        // A mail's parts are not the landmarks of a site.
        const serious = violations.filter(
          (each) => each.impact === 'serious' || each.impact === 'critical',
        )
        expect(
          serious.map((each) => [each.id, each.nodes[0]?.html]),
          name,
        ).toEqual([])
      }
      await context.close()
    },
  )

  test('jumps from its contents to the item', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 600 } })
    await page.setContent(pages.issue ?? '', { waitUntil: 'domcontentloaded' })
    await page.locator('a[href^="#"]').last().click()
    await expect.poll(() => page.evaluate('scrollY')).toBeGreaterThan(600)
    await page.close()
  })
})
