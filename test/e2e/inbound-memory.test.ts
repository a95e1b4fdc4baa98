import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { freePort } from '../../db/postgres-server.ts'
import { eventually } from '../support/eventually.ts'
import { withFleet } from '../support/fleet.ts'
import { startPostrider } from '../support/processes.ts'
import { talk } from '../support/smtp-talk.ts'

const SIZE = 9_200_000
const filled = (head: string, line: string) =>
  `${head}${line.repeat(Math.floor((SIZE - head.length) / line.length))}\r\n`
const HEAD = 'Message-ID: <1@far.test>\r\nFrom: Mailer <mailer-daemon@far.test>\r\n'

const SIGNED = 'DKIM-Signature: v=1; a=rsa-sha256; d=far.test; s=a; h=from; bh=aaaa; b=aaaa\r\n'
const MANY = 'Content-Type: multipart/report; boundary=b\r\n\r\n'
const TOO_MUCH = /^554 5\.6\.0 Header/

/** 9 MB each, as costly as may be. */
const MAILS = {
  'one header, folded two million times': {
    mail: filled(`${HEAD}X-A: b`, '\r\n b'),
    says: TOO_MUCH,
  },
  'a million headers': { mail: filled(HEAD, 'X-A: b\r\n'), says: TOO_MUCH },
  'empty lines': { mail: filled(`${HEAD}\r\n`, '\r\n'), says: /^250 / },
  'a signed complaint of short lines': {
    ...{ mail: filled(`${HEAD}${SIGNED}Subject: complaint\r\n\r\n`, 'a\r\n'), says: /^250 / },
  },
  'two million parts': { mail: filled(`${HEAD}${MANY}`, '--b\r\n'), says: /^250 / },
}

const peakOf = async (pid: number) =>
  Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

test.runIf(process.platform === 'linux')(
  'takes or refuses a mail that is made to hurt with less than 200 MB more',
  async () => {
    await withFleet({ redisUrl: null, readers: 1 }, async (fleet) => {
      const port = await freePort()
      const inbound = { INBOUND_DOMAIN: 'bounces.test', INBOUND_LISTEN: `127.0.0.1:${port}` }
      const start = await startPostrider(['start'], { ...fleet.env, ...inbound })
      try {
        const post = async (mail: string) => {
          const client = await talk(port)
          await client.say('MAIL FROM:<>\r\n')
          await client.say('RCPT TO:<postmaster@bounces.test>\r\n')
          await client.say('DATA\r\n')
          const reply = await client.say(`${mail}.\r\n`)
          await client.end()
          return reply
        }
        await eventually(async () => (await talk(port)).end(), { timeoutMs: 60_000 })
        await post('Subject: warm up\r\n\r\nhello\r\n')
        for (const [name, { mail, says }] of Object.entries(MAILS)) {
          const before = await peakOf(start.pid)
          expect(await post(mail), name).toMatch(says)
          await eventually(
            async () => {
              const waiting = await fleet.db
                .selectFrom('feedback_events')
                .select('id')
                .where('handled_at', 'is', null)
                .execute()
              expect(waiting).toEqual([])
            },
            { timeoutMs: 60_000 },
          )
          expect((await peakOf(start.pid)) - before, name).toBeLessThan(200_000_000)
        }
      } finally {
        await start.end('SIGKILL')
      }
    })
  },
  120_000,
)
