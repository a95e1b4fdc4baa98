import { afterEach, expect, test } from 'vitest'
import { type BenchSink, startBenchSink } from '../../src/cli/bench/sink.ts'
import { talk } from '../support/smtp-talk.ts'

let sink: BenchSink | undefined
afterEach(async () => sink?.close())

const TRAP = 'a line\r\n.\r\nDATA\r\nBDAT 5 LAST\r\n'
const envelope = 'RSET\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\n'
const SAID = [
  `${envelope}DATA\r\n`,
  `${TRAP.replace('.', '..')}.\r\n${envelope}BDAT ${TRAP.length} LAST\r\n${TRAP}`,
  `${envelope}BDAT 6\r\nQUIT\r\nBDAT 0 LAST\r\n${envelope}BDAT 2 LAST\r\n\r\n`,
].join('')

test.each([
  ['at once', [SAID]],
  ['an octet a packet', [...SAID]],
  ['in sevens', SAID.match(/[\s\S]{1,7}/g) ?? []],
])('counts each message once, by DATA or BDAT, said %s', async (_, packets) => {
  sink = await startBenchSink()
  const { packets: write, reply, end } = await talk(sink.port)
  await write(packets)
  const replies: string[] = []
  while (replies.length < 18) replies.push(await reply())
  expect(sink.count().messages).toBe(4)
  expect(replies.map((each) => each.slice(0, 3))).toEqual([
    ...['250', '250', '250', '354', '250'],
    ...Array(13).fill('250'),
  ])
  await end()
})
