import { readFile } from 'node:fs/promises'
import { createTransport } from 'nodemailer'

// The yardstick: what an engineer writes in an afternoon. A pool, each mail composed anew; no ledger, no DKIM.
const [port = '', messages = '', connections = '', html = '', text = ''] = process.argv.slice(2)

const pool = createTransport({
  pool: true,
  host: '127.0.0.1',
  port: Number(port),
  maxConnections: Number(connections),
  maxMessages: Number.POSITIVE_INFINITY,
})
const page = await readFile(html, 'utf8')
const plain = await readFile(text, 'utf8')

const before = process.cpuUsage()
const began = performance.now()
let next = 0
/** As many at work as there are connections, and as many again composed and waiting. */
await Promise.all(Array.from({ length: 2 * Number(connections) }, work))
const seconds = (performance.now() - began) / 1000
const { user, system } = process.cpuUsage(before)
pool.close()
process.stdout.write(
  `${JSON.stringify({
    messagesPerSecond: Number(messages) / seconds,
    cpuMsPerMessage: (user + system) / 1000 / Number(messages),
  })}\n`,
)

async function work(): Promise<void> {
  while (next < Number(messages)) {
    const number = next
    next += 1
    const link = `https://bench.test/u/${number.toString(36).padStart(43, 'x')}`
    await pool.sendMail({
      from: '"The Bench" <editor@bench.test>',
      to: `reader-${number}@domain-${number % 40}.test`,
      subject: 'The bench, number 1',
      html: page.replaceAll('reader@example.com', `reader-${number}@bench.test`),
      text: plain.replaceAll('reader@example.com', `reader-${number}@bench.test`),
      list: { unsubscribe: { url: link, comment: 'leave' } },
      headers: { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
    })
  }
}
