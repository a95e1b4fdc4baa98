import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type FetchOptions, fetchSafely } from '../../src/fetch-safely.ts'
import { isPublicAddress } from '../../src/public-address.ts'

const servers: { close(): unknown }[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(listener: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createServer(listener)
  servers.push({
    close() {
      server.closeAllConnections()
      server.close()
    },
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { port: (server.address() as AddressInfo).port, server }
}

const here = [{ address: '127.0.0.1', family: 4 }]
const local: FetchOptions = { resolve: async () => here, allow: ['127.0.0.1'] }

describe('what may be asked', () => {
  it.each([
    ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255'],
    ...['192.168.1.1', '169.254.169.254', '100.64.0.1', '100.127.255.255', '224.0.0.1'],
    ...['239.1.1.1', '240.0.0.1', '255.255.255.255', '192.0.0.8', '192.0.2.1', '198.18.0.1'],
    ...['198.19.255.255', '198.51.100.7', '203.0.113.9', '192.88.99.1'],
    ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1', '::127.0.0.1'],
    ...['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', 'fe80::1', 'fe80::1%lo', 'fec0::1'],
    ...['fc00::1', 'fd12:3456::1', 'ff02::1', '2001::1', '2001:0:4136:e378::1', '2001:10::1'],
    ...['2001:20::1', '2001:db8::1', '2002:7f00:1::1', '2002:808:808::1', '3fff::1', '5f00::1'],
    ...['100::1', '2606:4700::1111%eth0', 'localhost', '', '1.2.3', '0x7f000001'],
  ])('never %s', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each([
    ...['8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1'],
    ...['192.167.1.1', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4001::5', '2400::1'],
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([
    ...['http://127.0.0.1/', 'http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/'],
    ...['http://127.1/', 'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'http://[64:ff9b::a00:1]/'],
    ...['http://１２７.0.0.1/', 'https://169.254.169.254/latest/meta-data/'],
  ])('refuses %s however it is spelled', async (address) => {
    const resolve = vi.fn()
    expect(await fetchSafely(address, { resolve })).toMatchObject({ outcome: 'refused-address' })
    expect(resolve).not.toHaveBeenCalled()
  })

  it('refuses a name when any of its addresses is not public', async () => {
    const resolve = async () => [{ address: '93.184.216.34', family: 4 }, ...here]
    const result = await fetchSafely('http://mixed.example/', { resolve })
    expect(result).toMatchObject({ outcome: 'refused-address', url: 'http://mixed.example/' })
  })

  it.each([
    ['file:///etc/passwd', 'only http and https are asked, not file:'],
    ['gopher://a.example/', 'only http and https are asked, not gopher:'],
    ['javascript:alert(1)', 'only http and https are asked, not javascript:'],
    ['https://user:secret@a.example/', 'it holds a name or a password'],
    ['/relative', 'this is no address'],
  ])('refuses %s', async (address, reason) => {
    expect(await fetchSafely(address)).toEqual({ outcome: 'bad-url', url: address, reason })
  })
})

describe('asking', () => {
  it('asks the name server once, connects to what it said, and names the host', async () => {
    const { port } = await serve((request, response) => response.end(request.headers.host))
    const resolve = vi.fn(async () => here)
    const result = await fetchSafely(`http://news.example:${port}/a`, { ...local, resolve })
    expect(result).toMatchObject({ outcome: 'ok', status: 200 })
    expect(result.outcome === 'ok' && String(result.body)).toBe(`news.example:${port}`)
    expect(resolve).toHaveBeenCalledTimes(1)
  })

  it('looks again at each redirect', async () => {
    let asked = 0
    const inside = await serve((_, response) => {
      asked += 1
      response.end('secret')
    })
    const { port } = await serve((_, response) =>
      response.writeHead(302, { location: `http://inside.example:${inside.port}/` }).end(),
    )
    const resolve = async (name: string) =>
      name === 'inside.example' ? [{ address: '127.0.0.2', family: 4 }] : here
    const result = await fetchSafely(`http://a.example:${port}/`, { ...local, resolve })
    expect(result).toMatchObject({ outcome: 'refused-address' })
    expect(result.url).toBe(`http://inside.example:${inside.port}/`)
    expect(asked).toBe(0)
  })

  it.each([
    ['file:///etc/passwd', 'bad-url'],
    ['http://x:y@a.example/', 'bad-url'],
    ['http://[::1]:1/', 'refused-address'],
  ])('follows no redirect to %s', async (location, outcome) => {
    const { port } = await serve((_, response) => response.writeHead(301, { location }).end())
    expect(await fetchSafely(`http://a.example:${port}/`, local)).toMatchObject({ outcome })
  })

  it('follows redirects, relative ones too, and says where it ended', async () => {
    const { port } = await serve((request, response) => {
      if (request.url === '/end') response.end('there')
      else response.writeHead(307, { location: '/end' }).end()
    })
    const result = await fetchSafely(`http://a.example:${port}/`, local)
    expect(result).toMatchObject({ outcome: 'ok', url: `http://a.example:${port}/end` })
  })

  it('gives up on a redirect without end', async () => {
    let asked = 0
    const { port } = await serve((_, response) => {
      asked += 1
      response.writeHead(302, { location: '/again' }).end()
    })
    const result = await fetchSafely(`http://a.example:${port}/`, { ...local, maxRedirects: 3 })
    expect(result).toMatchObject({ outcome: 'dead', reason: 'it redirects too often' })
    expect(asked).toBe(4)
  })

  it('does not carry a POST to another place', async () => {
    const { port } = await serve((_, response) => response.writeHead(307, { location: '/b' }).end())
    const result = await fetchSafely(`http://a.example:${port}/`, {
      ...local,
      method: 'POST',
      body: '{}',
    })
    expect(result).toMatchObject({ outcome: 'dead', status: 307 })
  })

  it.each([
    [404, 'dead'],
    [410, 'dead'],
    [500, 'dead'],
    [401, 'forbidden'],
    [403, 'forbidden'],
    [429, 'forbidden'],
    [999, 'forbidden'],
  ])('reads %i as %s', async (status, outcome) => {
    const { port } = await serve((_, response) => response.writeHead(status).end())
    expect(await fetchSafely(`http://a.example:${port}/`, local)).toMatchObject({ outcome, status })
  })

  it('names what is not there', async () => {
    const { port, server } = await serve(() => undefined)
    await new Promise((done) => server.close(done))
    expect(await fetchSafely(`http://a.example:${port}/`, local)).toMatchObject({
      outcome: 'dead',
      status: null,
      reason: 'nothing answers there',
    })
    const resolve = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))
    expect(await fetchSafely('http://none.example/', { resolve })).toMatchObject({
      outcome: 'dead',
      reason: 'there is no such name',
    })
  })
})

describe('limits', () => {
  const soon = { ...local, timeoutMs: 150 }

  it('waits no longer than it was told, for an answer, a body or a name', async () => {
    const silent = await serve(() => undefined)
    const drips = await serve((_, response) => {
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const results = await Promise.all([
      fetchSafely(`http://a.example:${silent.port}/`, soon),
      fetchSafely(`http://a.example:${drips.port}/`, soon),
      fetchSafely('http://a.example/', { ...soon, resolve: () => new Promise(() => undefined) }),
    ])
    for (const result of results) expect(result).toMatchObject({ outcome: 'slow' })
  })

  it('counts the time of all redirects together', async () => {
    const { port } = await serve((_, response) =>
      setTimeout(() => response.writeHead(302, { location: '/again' }).end(), 100),
    )
    const result = await fetchSafely(`http://a.example:${port}/`, { ...soon, maxRedirects: 99 })
    expect(result).toMatchObject({ outcome: 'slow' })
  })

  it('reads no more than it was told, whatever length is announced', async () => {
    const { port } = await serve((request, response) => {
      if (request.url === '/honest') response.setHeader('content-length', 2_000)
      response.end('x'.repeat(2_000))
    })
    for (const path of ['honest', 'chunked']) {
      const result = await fetchSafely(`http://a.example:${port}/${path}`, {
        ...local,
        maxBytes: 1_999,
      })
      expect(result).toMatchObject({ outcome: 'too-large' })
    }
    const whole = await fetchSafely(`http://a.example:${port}/`, { ...local, maxBytes: 2_000 })
    expect(whole.outcome === 'ok' && whole.body.length).toBe(2_000)
    const none = await fetchSafely(`http://a.example:${port}/honest`, { ...local, maxBytes: 0 })
    expect(none).toMatchObject({ outcome: 'ok', body: Buffer.alloc(0) })
  })

  it('takes no endless headers', async () => {
    const { port } = await serve((_, response) =>
      response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end(),
    )
    const result = await fetchSafely(`http://a.example:${port}/`, local)
    expect(result).toMatchObject({ outcome: 'dead', reason: 'its headers are too long' })
  })

  it('survives what is no HTTP, and a connection cut in the middle of a body', async () => {
    const tcp = createTcp((socket) => socket.end('220 mail.example ESMTP\r\n'))
    servers.push(tcp)
    await new Promise<void>((done) => tcp.listen(0, '127.0.0.1', done))
    const { port } = tcp.address() as AddressInfo
    expect(await fetchSafely(`http://a.example:${port}/`, local)).toMatchObject({ outcome: 'dead' })
    const cut = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('half', () => response.destroy())
    })
    expect(await fetchSafely(`http://a.example:${cut.port}/`, local)).toMatchObject({
      outcome: 'dead',
    })
  })
})
