// npx tsx test/support/mail-shots.ts FOLDER            every sample issue on every kind of screen, to be looked at
// npx tsx test/support/mail-shots.ts --pictures FOLDER  the three pictures of the README and the docs
import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import sharp from 'sharp'
import { findProgram } from './find-program.ts'
import { SAMPLES, sampleMail } from './sample-mails.ts'

type Shot = Readonly<{
  name: string
  width: number
  scheme: 'light' | 'dark'
  without?: 'images' | 'styles'
  /** Where the picture begins, and how much it shows; default: all of the mail. */
  from?: number
  height?: number
}>

/** A still life in place of the pictures that our sample issues name: their addresses lead nowhere. */
const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="675"><defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#cfd9c9"/><stop offset="1" stop-color="#5b7f86"/></linearGradient></defs><rect width="1200" height="675" fill="url(#g)"/><circle cx="850" cy="230" r="110" fill="#f6ecd0"/><path d="M0 520q300-90 600-20t600-40v215H0z" fill="#3f5f63"/></svg>`

async function shoot(browser: Browser, shot: Shot): Promise<Buffer> {
  const context = await browser.newContext({
    viewport: { width: shot.width, height: 800 },
    colorScheme: shot.scheme,
    deviceScaleFactor: 1.5,
  })
  try {
    await context.route('**/*', (route) =>
      route.request().resourceType() === 'image' && shot.without !== 'images'
        ? route.fulfill({ contentType: 'image/svg+xml', body: PICTURE })
        : route.abort(),
    )
    const page = await context.newPage()
    const { html } = await sampleMail(shot.name)
    const shown = shot.without === 'styles' ? html.replace(/<style[\s\S]*?<\/style>/, '') : html
    await page.setContent(shown, { waitUntil: 'load' })
    const whole = Number(await page.evaluate('document.documentElement.scrollHeight'))
    const from = shot.from ?? 0
    const height = Math.min(whole - from, shot.height ?? whole)
    return await page.screenshot({
      fullPage: true,
      clip: { x: 0, y: from, width: shot.width, height },
    })
  } finally {
    await context.close()
  }
}

/** Several beside each other, as a picture of the docs. */
async function arrange(browser: Browser, shots: readonly Shot[], path: string): Promise<void> {
  const gap = 28
  const images: string[] = []
  for (const shot of shots) {
    const bytes = await shoot(browser, shot)
    images.push(
      `<img width="${shot.width}" src="data:image/png;base64,${bytes.toString('base64')}" style="display:block;border-radius:10px;box-shadow:0 1px 2px #0002,0 8px 28px #0002">`,
    )
  }
  const width = shots.reduce((sum, shot) => sum + shot.width + gap, gap)
  const context = await browser.newContext({ viewport: { width, height: 400 } })
  const page = await context.newPage()
  await page.setContent(
    `<body style="margin:0;padding:${gap}px;background:#e9ecef;display:flex;gap:${gap}px;align-items:flex-start">${images.join('')}`,
  )
  const bytes = await page.screenshot({ fullPage: true })
  await writeFile(
    path,
    await sharp(bytes).png({ palette: true, quality: 90, effort: 10 }).toBuffer(),
  )
  await context.close()
}

const PICTURES: Readonly<Record<string, readonly Shot[]>> = {
  'weekly.png': [
    { name: 'qingdeng-weekly-001', width: 640, scheme: 'light', height: 840 },
    { name: 'qingdeng-weekly-001', width: 320, scheme: 'light', height: 840 },
  ],
  'code-and-tables.png': [
    { name: 'lantern-letters-014', width: 640, scheme: 'dark', height: 1030 },
    { name: 'field-notes-007', width: 360, scheme: 'light', from: 1112, height: 1030 },
  ],
  'languages.png': [
    { name: 'akari-042', width: 320, scheme: 'light', height: 780 },
    { name: 'nameh-012', width: 320, scheme: 'light', height: 780 },
    { name: 'werkbank-023', width: 320, scheme: 'dark', height: 780 },
  ],
}

async function all(browser: Browser, folder: string): Promise<void> {
  for (const name of Object.keys(SAMPLES)) {
    for (const width of [640, 320]) {
      const screens: Shot[] = [
        { name, width, scheme: 'light' },
        { name, width, scheme: 'dark' },
        { name, width, scheme: 'light', without: 'images' },
        { name, width, scheme: 'dark', without: 'images' },
        { name, width, scheme: 'light', without: 'styles' },
      ]
      await arrange(browser, screens, join(folder, `${name}-${width}.png`))
      process.stdout.write(`${name} at ${width} px\n`)
    }
  }
}

const [first = '', second = ''] = process.argv.slice(2)
const folder = first === '--pictures' ? second : first
const executablePath = findProgram('chromium')
if (folder === '' || executablePath === null) {
  process.stderr.write('mail-shots [--pictures] FOLDER; it needs Debian’s chromium\n')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-background-networking', '--hide-scrollbars'],
})
if (first === '--pictures') {
  for (const [name, shots] of Object.entries(PICTURES))
    await arrange(browser, shots, join(folder, name))
} else await all(browser, folder)
await browser.close()
