import { expect, test } from 'vitest'
import { readReply, replyOfNobody } from '../../src/mail/reply.ts'

test.each([
  ['550 5.1.1 <ada@x.example>: no such user', 550, '5.1.1', '<a***@x.example>: no such user'],
  ['250-2.0.0 first\r\n250 2.0.0 second', 250, '2.0.0', 'first second'],
  ['451 try again', 451, null, 'try again'],
  ['250', 250, null, ''],
  ['550 5.1.10.2 odd', 550, null, '5.1.10.2 odd'],
  ['hello', null, null, 'hello'],
  ['550 \u001b[31mred\u0000', 550, null, '[31mred'],
])('%j is read with its codes apart and without addresses', (wire, code, enhanced, text) => {
  expect(readReply(wire)).toEqual({ code, enhanced, text })
})

test('what is stored of a server has at most 500 characters', () => {
  expect(readReply(`550 ${'好'.repeat(900)}`).text).toHaveLength(500)
  expect(replyOfNobody('connect ECONNREFUSED').code).toBeNull()
})
