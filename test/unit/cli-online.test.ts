import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Asked, askAddresses } from '../../src/cli/online.ts'
import { type FetchOptions, type FetchResult, fetchSafely } from '../../src/fetch-safely.ts'

const link = (href: string, line = 1, kind: Asked['kind'] = 'link'): Asked => ({
  ...{ href, line, kind, written: href, file: 'one.md' },
})

let port: number
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`)
  switch (request.url) {
    case '/head-refused':
      response.writeHead(request.method === 'HEAD' ? 405 : 200).end()
      return
    case '/gone':
      response.writeHead(410).end()
      return
    case '/trouble':
      response.writeHead(503).end()
      return
    case '/login':
      response.writeHead(403).end()
      return
    case '/silent':
      return
    case '/picture.png':
      response.writeHead(200, { 'content-type': 'image/png' }).end()
      return
    default:
      response.writeHead(200, { 'content-type': 'text/html' }).end('x')
  }
})
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const fetch = (address: string, options: FetchOptions) =>
  fetchSafely(address, {
    ...options,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    allow: ['127.0.0.1'],
  })
const at = (path: string) => `http://site.example:${port}${path}`

it('tells dead from slow from forbidden, each with its line, and asks by GET where HEAD is refused', async () => {
  const { findings, counts } = await askAddresses(
    [
      link(at('/fine'), 1),
      link(at('/head-refused'), 2),
      link(at('/gone'), 3),
      link(at('/login'), 4),
      link(at('/silent'), 5),
      link(at('/trouble'), 6),
      link(at('/picture.png'), 7, 'image'),
      link(at('/page'), 8, 'image'),
      link('mailto:a@b.example', 10),
    ],
    { fetch, timeoutMs: 2_000 },
  )
  const said = findings.map(({ severity, line, what }) => [severity, line, what.split(':', 1)[0]])
  expect(said.sort()).toEqual([
    ['error', 3, 'dead link'],
    ['error', 8, 'this is no image'],
    ['warning', 4, 'forbidden link'],
    ['warning', 5, 'slow link'],
    ['warning', 6, 'failing link'],
  ])
  expect(counts).toEqual({ ok: 4, dead: 2, slow: 1, forbidden: 1, other: 0 })
  expect(asked).toContain('HEAD /head-refused')
  expect(asked).toContain('GET /head-refused')
  expect(asked).not.toContain('GET /fine')
})

it('says of what leads inside that it was not asked', async () => {
  const { findings } = await askAddresses([
    link('http://192.168.0.1/', 4),
    link('http://[::1]/', 5),
  ])
  expect(findings.map(({ severity, line, what }) => [severity, line, what])).toEqual([
    ['error', 4, expect.stringMatching(/^link that was not asked: http:\/\/192/)],
    ['error', 5, expect.stringMatching(/^link that was not asked: http:\/\/\[::1\]/)],
  ])
})

it('asks each page once, whatever part of it is meant, and tells every place', async () => {
  const urls: string[] = []
  const { findings } = await askAddresses(
    [
      link('https://a.example/x#one', 1),
      link('https://a.example/x#two', 2),
      link('https://a.example/x', 3),
    ],
    {
      fetch: async (url) => {
        urls.push(url)
        return { outcome: 'dead', url, status: null, reason: 'there is no such name' }
      },
    },
  )
  expect(new Set(urls)).toEqual(new Set(['https://a.example/x']))
  expect(findings.map(({ line }) => line)).toEqual([1, 2, 3])
})

it('asks many sites side by side, and one site two pages at a time', async () => {
  const now = new Map<string, number>()
  let most = 0
  let mostOfOne = 0
  const progress: number[] = []
  const urls = Array.from(
    { length: 60 },
    (_, i) => `https://${i % 5 === 0 ? 'big' : `s${i}`}.example/${i}`,
  )
  const { counts } = await askAddresses(
    urls.map((url) => link(url)),
    {
      onProgress: (done, total) => progress.push(done / total),
      fetch: async (url): Promise<FetchResult> => {
        const { host } = new URL(url)
        now.set(host, (now.get(host) ?? 0) + 1)
        mostOfOne = Math.max(mostOfOne, ...now.values())
        most = Math.max(
          most,
          [...now.values()].reduce((sum, one) => sum + one, 0),
        )
        await new Promise((done) => setTimeout(done, 5))
        now.set(host, (now.get(host) ?? 1) - 1)
        return { outcome: 'ok', url, status: 200, headers: {}, body: Buffer.alloc(0) }
      },
    },
  )
  expect(counts.ok).toBe(60)
  expect(mostOfOne).toBe(2)
  expect(most).toBe(16)
  expect(progress[0]).toBe(0)
  expect(progress.at(-1)).toBe(1)
})
