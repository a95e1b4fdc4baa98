import { describe, expect, test } from 'vitest'
import { readReturnedMail } from '../../src/feedback/parse/mail.ts'

/** A report as any server writes it, about one reader. */
function report(diagnostic: string, status = '5.0.0'): Promise<unknown> {
  return readReturnedMail(
    Buffer.from(`From: MAILER-DAEMON@relay.test
Return-Path: <>
Subject: Undelivered mail
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Your mail could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.test

Final-Recipient: rfc822; ada@far.test
Action: failed
Status: ${status}
Diagnostic-Code: smtp; ${diagnostic}

--b--
`),
  )
}

const typeOf = async (diagnostic: string, status?: string) =>
  ((await report(diagnostic, status)) as { recipients: { type: string }[] }).recipients[0]?.type

describe('a sender that is not found costs no reader, in', () => {
  test.each([
    ['Chinese', '发件人不存在 weekly@weekly.test'],
    ['Chinese, a domain', '发件人域名不存在'],
    ['Chinese of Taiwan', '寄件者不存在'],
    ['Chinese of Taiwan, a mailbox', '寄件人信箱不存在'],
    ['Japanese, a domain', '送信者のドメインが存在しません'],
    ['Japanese, an address', '送信元アドレスが存在しません'],
    ['Japanese, found', '差出人アドレスが見つかりません'],
    ['Korean', '발신자 주소가 존재하지 않습니다'],
    ['Russian', 'отправитель не существует'],
    ['Russian, a domain', 'домен отправителя не существует'],
    ['German', 'Absenderadresse existiert nicht'],
    ['German, a domain', 'Die Domain des Absenders existiert nicht'],
    ['French', "l'adresse de l'expéditeur n'existe pas"],
    ['French, a domain', "le domaine expéditeur n'existe pas"],
    ['French, beside a user', 'Expéditeur inconnu, utilisateur inconnu weekly@weekly.test'],
    ['Spanish', 'el remitente no existe'],
    ['Spanish, a domain', 'el dominio del remitente no existe'],
    ['Portuguese', 'o remetente não existe'],
    ['Italian', 'il dominio del mittente non esiste'],
    ['Turkish', 'gönderen adresi bulunamadı'],
    ['Dutch', 'afzender bestaat niet'],
    ['Polish', 'nadawca nie istnieje'],
    ['Swedish', 'avsändaren finns inte'],
    ['Norwegian', 'avsenderen finnes ikke'],
    ['Finnish', 'lähettäjää ei löydy'],
    ['Hungarian', 'A feladó címe nem létezik'],
    ['Czech', 'adresa odesílatele neexistuje'],
    ['Greek', 'ο αποστολέας δεν υπάρχει'],
    ['Vietnamese', 'địa chỉ người gửi không tồn tại'],
    ['Arabic', 'عنوان المرسل غير موجود'],
  ])('%s: %s', async (_, words) => {
    for (const status of ['5.0.0', '5.1.1']) {
      expect(await typeOf(`550 ${words}`, status)).toBe('block')
    }
    expect(await typeOf(`550 5.1.1 ${words}`, '5.1.1')).toBe('block')
  })
})

test.each([
  '550 发信IP不存在反向解析',
  '550 该IP地址不存在于白名单',
  '550 ada@far.test: 用户不存在白名单中，拒绝接收',
  '550 Este usuario no existe en la lista blanca; correo rechazado por política',
  '550 MX записи отправителя не найдены',
  '550 DNS 解析失败：反向域名不存在',
  '550 5.7.1 用户不存在于本域通讯录，外部发件人被策略拒绝',
])(
  'what is not found may be an IP address, a DNS record, a name in a list of ours: %s',
  async (words) => {
    expect(await typeOf(words)).not.toBe('hard')
  },
)

describe('what may pass is never hard, whatever stands beside it', () => {
  test.each([
    ['550 5.1.1 Recipient address rejected: User temporarily unavailable'],
    ['550 5.1.1 Temporary failure, user unknown, please try later'],
    ['550 5.1.1 mailbox unavailable due to maintenance'],
    ['550 5.1.1 Deferred: the account ada has exceeded storage'],
    ['550 5.1.1 Backend failure while checking recipient ada@far.test; user unknown'],
    ['550 5.1.1 rejected: Undeliverable address: connect to 10.0.0.1: connection refused'],
    ['550 5.1.1 User unknown; password expired'],
    ['550 5.1.1 Account exists but is not accepting mail; user not found in active list'],
    ['550 5.1.1 User unknown; rejecting because your server tried 100 bad addresses'],
    ['550 5.1.1 ユーザーが見つかりません: 一時的なエラー、後でもう一度お試しください'],
    ['550 5.1.1 пользователь не найден: временная ошибка, повторите позже'],
    ['550 5.1.1 用户不存在，系统繁忙请稍后再试'],
    ['550 Konto wegen Wartung vorübergehend nicht verfügbar, Benutzer unbekannt', '5.0.0'],
    ['554 5.1.2 Relay: DNS lookup timeout, host mx.far.test not found, try again later', '5.1.2'],
    [
      '550 5.4.310 DNS domain far.test does not exist [Message=InfoDomainNonexistent] SERVFAIL',
      '5.4.310',
    ],
    ['550 relay access denied: no such domain at this location for relaying', '5.1.2'],
  ])('%s', async (words, status = '5.1.1') => {
    expect(await typeOf(words, status)).not.toBe('hard')
  })
})

test.each([
  '550 5.1.1 user unknown (in reply to EHLO command)',
  '550 5.1.1 user unknown (in reply to HELO command)',
  '550 5.1.1 user unknown (in reply to AUTH LOGIN command)',
  'SMTP error from remote mail server after pipelined MAIL FROM:<a@weekly.test>: 550 5.1.1 user unknown',
])('an answer from before the reader was named is about us: %s', async (words) => {
  expect(await typeOf(words, '5.1.1')).toBe('block')
})

test.each([
  '550 5.1.1 user unknown',
  '550 用户不存在',
  '550 5.1.1 عنوان المرسل إليه غير موجود',
  '550 5.1.1 Benutzer unbekannt',
  '550 ユーザーが見つかりません',
])('and who is not there is not there: %s', async (words) => {
  expect(await typeOf(words, '5.1.1')).toBe('hard')
})

describe('a reply that names whom the mail is from is about us', () => {
  const from = (diagnostic: string, returned = 'weekly@weekly.test') =>
    readReturnedMail(
      Buffer.from(`From: MAILER-DAEMON@relay.test
Subject: Undelivered mail
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.weekly.test

Final-Recipient: rfc822; ada@far.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 ${diagnostic}

--b
Content-Type: text/rfc822-headers

From: Weekly <${returned}>
To: ada@far.test
Message-ID: <a@weekly.test>

--b--
`),
    )
  const typeFrom = async (...said: Parameters<typeof from>) =>
    ((await from(...said)) as unknown as { recipients: { type: string }[] }).recipients[0]?.type

  test.each([
    'Unknown user weekly@weekly.test',
    '<weekly@weekly.test>: user unknown',
    'No such user weekly@weekly.test',
    'weekly.test: domain not found',
    'domain weekly.test has no MX, does not exist',
    '用户不存在 weekly@weekly.test',
  ])('%s', async (words) => {
    expect(await typeFrom(words)).toBe('block')
  })

  test.each([
    ['User unknown: ada@far.test (weekly@weekly.test)', 'weekly@weekly.test'],
    ['mx.weekly.test said: user unknown', 'weekly@weekly.test'],
    ['Unknown user eve@weekly.test', 'weekly@weekly.test'],
    ['Unknown user at far.test', 'weekly@far.test'],
  ])(
    'unless it names the reader, the relay, where it went on to, or the domain of both: %s',
    async (words, returned) => {
      expect(await typeFrom(words, returned)).toBe('hard')
    },
  )
})
