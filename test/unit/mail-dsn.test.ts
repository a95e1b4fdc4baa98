import { expect, test } from 'vitest'
import { readDsn } from '../../src/mail/dsn.ts'

const STATUS = `Reporting-MTA: dns; mx.y.test

Original-Recipient: rfc822;Ada@y.test
Final-Recipient: RFC822; ada@mailbox.y.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <ada@mailbox.y.test>:
 user unknown`

const ADA = {
  finalRecipient: 'ada@mailbox.y.test',
  originalRecipient: 'Ada@y.test',
  action: 'failed',
  status: '5.1.1',
  diagnostic: '550 5.1.1 <ada@mailbox.y.test>: user unknown',
}

test('a report gives each recipient, folded lines joined and types left out', () => {
  const second = `Final-Recipient: <bob@y.test>
Action: delayed (will retry)
Status: 4.2.2 (full)`
  expect(readDsn(`${STATUS}\n\n${second}`)).toEqual({
    recipients: [
      ADA,
      {
        finalRecipient: 'bob@y.test',
        originalRecipient: null,
        action: 'delayed (will retry)',
        status: '4.2.2 (full)',
        diagnostic: null,
      },
    ],
    reportingMta: 'mx.y.test',
  })
})

test('line ends do not matter', () => {
  expect(readDsn(STATUS.replace(/\n/g, '\r\n')).recipients).toEqual([ADA])
})

test('recipients are told apart without a group of the report and without blank lines', () => {
  const bare = `Final-Recipient: rfc822; a@y.test
Action: failed
Status: 5.0.0
Final-Recipient: rfc822; b@y.test
Action: failed
Status: 5.0.0`
  const { recipients } = readDsn(bare)
  expect(recipients.map((recipient) => recipient.finalRecipient)).toEqual(['a@y.test', 'b@y.test'])
})

test('one recipient whose fields are torn apart by a blank line stays one', () => {
  const torn = `Reporting-MTA: dns; mx.y.test\n\nAction: failed\nFinal-Recipient: rfc822; a@y.test\n\nDiagnostic-Code: smtp; 550 no\nStatus: 5.4.4`
  expect(readDsn(torn).recipients).toMatchObject([
    { finalRecipient: 'a@y.test', action: 'failed', status: '5.4.4', diagnostic: '550 no' },
  ])
})

test.each([
  ['utf-8; \\x{6D4B}\\x{8BD5}@x.test', '测试@x.test'],
  ['utf-8; 测试@x.test', '测试@x.test'],
  ['rfc822; ada+40x.test', 'ada@x.test'],
  ['rfc822; ada+news@x.test', 'ada+news@x.test'],
  ['rfc822; "ada@x.test"', 'ada@x.test'],
  ['rfc822;rfc822;<ada@x.test>', 'ada@x.test'],
  ['ada@x.test (Ada)', 'ada@x.test'],
])('the address in %j is %s (RFC 6533, RFC 3461)', (written, address) => {
  expect(readDsn(`Final-Recipient: ${written}\nAction: failed`).recipients).toMatchObject([
    { finalRecipient: address },
  ])
})

test('recipients are told apart where one is named as it was given, and the next as it was found', () => {
  const mixed = `Original-Recipient: rfc822; a@y.test\nAction: failed\n\nFinal-Recipient: rfc822; b@y.test`
  expect(readDsn(mixed).recipients).toMatchObject([
    { originalRecipient: 'a@y.test', finalRecipient: null, action: 'failed' },
    { originalRecipient: null, finalRecipient: 'b@y.test', action: null },
  ])
})

test('a text without such fields has no recipients', () => {
  expect(readDsn('').recipients).toEqual([])
  expect(readDsn('Subject: Hi\n\nHow are you?').recipients).toEqual([])
})
