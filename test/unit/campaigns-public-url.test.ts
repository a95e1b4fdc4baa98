import { expect, test } from 'vitest'
import { publicUrlProblem } from '../../src/campaigns/public-url.ts'

test.each([
  'https://news.weekly.org',
  'https://weekly.org/news',
  'https://198.51.100.7',
  'https://[2001:db8::1]',
  'https://localhost.weekly.org',
])('links may be made from %s', (url) => {
  expect(publicUrlProblem(url)).toBeNull()
})

test.each([
  [null, 'PUBLIC_URL is not set'],
  ['weekly.org', 'is no address'],
  ['http://weekly.org', 'is not https'],
  ['https://localhost', 'from this machine alone'],
  ['https://localhost.:3000', 'from this machine alone'],
  ['https://news.localhost', 'from this machine alone'],
  ['https://127.0.0.1', 'from this machine alone'],
  ['https://127.1', 'from this machine alone'],
  ['https://0x7f000001', 'from this machine alone'],
  ['https://0.0.0.0', 'from this machine alone'],
  ['https://[::1]', 'from this machine alone'],
  ['https://[::]', 'from this machine alone'],
  ['https://[::ffff:127.0.0.1]', 'from this machine alone'],
])('no links to real readers are made from %s', (url, why) => {
  expect(publicUrlProblem(url)).toContain(why)
})
