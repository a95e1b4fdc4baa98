import { expect, test } from 'vitest'
import { byOptions } from '../../src/cli/newsletter-options.ts'
import { type NewsletterFields, readNewsletterFields } from '../../src/newsletters/fields.ts'

const LOGO = { url: 'https://a.example/l.png', width: 180, height: 40, darkUrl: null }

test.each<[NewsletterFields, string]>([
  [{ brandColor: '#zzz' }, '--color: "#zzz" is no colour like #0b6e4f'],
  [
    { timeZone: 'Mars' },
    '--time-zone: "Mars" is no time zone such as Europe/Berlin or Asia/Shanghai',
  ],
  [{ theme: { width: 200 } }, '--width: a whole number of pixels from 480 to 640 is needed'],
  [
    { theme: { width: Number('wide') } },
    '--width: a whole number of pixels from 480 to 640 is needed',
  ],
  [
    { theme: { logo: { ...LOGO, width: 9999 } } },
    '--logo-size, the width: a whole number of pixels from 16 to 576 is needed',
  ],
  [
    { theme: { logo: { ...LOGO, url: 'l.png' } } },
    '--logo: an address that begins with https:// is needed',
  ],
])(
  'what is wrong with a newsletter is said of the option that was typed: %j',
  async (fields, words) => {
    await expect(byOptions(async () => readNewsletterFields(fields))).rejects.toThrow(
      expect.objectContaining({ code: 'bad-input', message: words }),
    )
  },
)
