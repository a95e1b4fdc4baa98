import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseIssue } from '../../src/issues/parse.ts'
import { compileIssue } from '../../src/messages/compile.tsx'
import type { Design } from '../../src/messages/design.ts'
import { createFiller } from '../../src/messages/fill.ts'
import { renderSystemMail } from '../../src/messages/system.tsx'
import { describeWith, programPath } from '../support/programs.ts'
import { SAMPLES, sampleMail } from '../support/sample-mails.ts'

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

|${' Spalte |'.repeat(12)}
|${'-|'.repeat(12)}
|${' some words |'.repeat(12)}

<table><tr><td>${'Unbreakable'.repeat(6)}</td><td><img src="https://img.invalid/t.png" width="900" alt="t"></td></tr></table>

H<sub>2</sub>O <small>small <sup>2</sup></small> <ruby>漢<rt>かん</rt></ruby>

<details><summary>More</summary>

Hidden.

</details>

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
  const samples = Object.keys(SAMPLES).map(async (name) => [name, (await sampleMail(name)).html])
  return {
    issue: issue.html,
    web: compiled.webHtml,
    confirm: confirm.html,
    welcome: welcome.html,
    ...Object.fromEntries(await Promise.all(samples)),
  }
}

/** Wider than any column: a picture of unknown size. */
const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="2400" height="900"><rect width="2400" height="900"/></svg>'

async function showPictures(page: Page): Promise<void> {
  await page.route('**/*', (route) =>
    route.request().resourceType() === 'image'
      ? route.fulfill({ contentType: 'image/svg+xml', body: PICTURE })
      : route.abort(),
  )
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
      await showPictures(page)
      for (const [name, html] of Object.entries(pages)) {
        for (const shown of [html, html.replace(/<style[\s\S]*?<\/style>/, '')]) {
          await page.setContent(shown, { waitUntil: 'load' })
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
      for (const name of [
        'issue',
        'web',
        'confirm',
        'welcome',
        'lantern-letters-014',
        'nameh-012',
      ]) {
        await page.setContent(pages[name] ?? '', { waitUntil: 'domcontentloaded' })
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

  test('has no text under 12 px, and a way out that a thumb can press', async () => {
    const page = await browser.newPage({ viewport: { width: 320, height: 800 } })
    for (const name of ['issue', 'lantern-letters-014', 'akari-042', 'qingdeng-weekly-001']) {
      await page.setContent(pages[name] ?? '', { waitUntil: 'domcontentloaded' })
      const smallest = await page.evaluate(`Math.min(...[...document.body.querySelectorAll('*')]
        .filter((e) => e.getClientRects().length > 0 && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
        .map((e) => Number.parseFloat(getComputedStyle(e).fontSize)))`)
      expect(smallest, name).toBeGreaterThanOrEqual(12)
      const box = await page.locator('a[href^="https://news.example/u"]').boundingBox()
      expect(Math.min(box?.width ?? 0, box?.height ?? 0), name).toBeGreaterThanOrEqual(44)
    }
    await page.close()
  })

  test('shows its dark palette only where it is dark', async () => {
    for (const [colorScheme, paper] of [
      ['light', 'rgb(255, 255, 255)'],
      ['dark', 'rgb(21, 24, 29)'],
    ] as const) {
      const context = await browser.newContext({ colorScheme })
      const page = await context.newPage()
      await page.setContent(pages['mayak-031'] ?? '', { waitUntil: 'domcontentloaded' })
      const shown = await page.evaluate(
        "getComputedStyle(document.querySelector('.paper')).backgroundColor",
      )
      expect(shown).toBe(paper)
      await context.close()
    }
  })

  test('jumps from its contents to the item', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 600 } })
    await page.setContent(pages.issue ?? '', { waitUntil: 'domcontentloaded' })
    await page.locator('a[href^="#"]').last().click()
    await expect.poll(() => page.evaluate('scrollY')).toBeGreaterThan(600)
    await page.close()
  })
})
