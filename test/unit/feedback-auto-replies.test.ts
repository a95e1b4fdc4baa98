import { describe, expect, it, test } from 'vitest'
import { readReturnedMail } from '../../src/feedback/parse/mail.ts'

const read = (header: string, text = 'Back on Monday.') =>
  readReturnedMail(
    Buffer.from(
      `From: Ada <ada@far.test>\r\nTo: b-token@bounces.weekly.test\r\n${header}\r\n\r\n${text}\r\n`,
    ),
  )

const AUTO = { kind: 'auto-reply' }

describe('an answering machine', () => {
  it.each([
    'Automatic reply: Number 12',
    'Out of Office: Number 12',
    'Ada is out of the office',
    'Abwesenheitsnotiz: Nummer 12',
    'Automatische Antwort: Nummer 12',
    'Réponse automatique : Numéro 12',
    'Respuesta automática: Número 12',
    'Fuera de la oficina',
    'Risposta automatica: Numero 12',
    'Resposta automática: Número 12',
    'Automatisch antwoord: Nummer 12',
    'Autosvar: Nummer 12',
    'Frånvarande',
    'Automaattinen vastaus: Numero 12',
    'Odpowiedź automatyczna: Numer 12',
    'Automatická odpověď: Číslo 12',
    'Automatikus válasz: 12. szám',
    'Răspuns automat: Numărul 12',
    'Автоматический ответ: Номер 12',
    'Автоматична відповідь: Номер 12',
    'Αυτόματη απάντηση: 12',
    'Otomatik Yanıt: 12',
    'תשובה אוטומטית: 12',
    'رد تلقائي: 12',
    'ตอบกลับอัตโนมัติ: 12',
    'Thư trả lời tự động: 12',
    'Balasan Otomatis: 12',
    '自动答复: 第 12 期',
    '自動回覆: 第 12 期',
    '自動応答: 第12号',
    '자동 회신: 12호',
  ])('is told by its subject: %s', async (subject) => {
    const encoded = `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`
    expect(await read(`Subject: ${encoded}`)).toEqual(AUTO)
  })

  it.each([
    'Auto-Submitted: auto-replied',
    'Auto-Submitted: auto-generated',
    'X-Autoreply: yes',
    'X-Autorespond: vacation',
    'X-Auto-Response-Suppress: All',
    'Precedence: auto_reply',
  ])('is told by its header: %s', async (header) => {
    expect(await read(`Subject: Re: Number 12\r\n${header}`)).toEqual(AUTO)
  })

  it('that says "no" by RFC 3834 is a person', async () => {
    expect(await read('Subject: Re: Number 12\r\nAuto-Submitted: no')).toEqual({ kind: 'reply' })
  })
})

test('a receipt that a mail was read, or deleted unread, is no bounce (RFC 8098)', async () => {
  const text = `--cut\r
Content-Type: text/plain\r
\r
Your message was deleted without being read.\r
--cut\r
Content-Type: message/disposition-notification\r
\r
Final-Recipient: rfc822; ada@far.test\r
Original-Message-ID: <m-token@weekly.test>\r
Disposition: automatic-action/MDN-sent-automatically; deleted\r
--cut--`
  const header = `Subject: Not read: Number 12\r
Content-Type: multipart/report; report-type=disposition-notification; boundary=cut`
  expect(await read(header, text)).toEqual(AUTO)
})

test('who must first prove to be a person has not been refused', async () => {
  const text =
    'Please click on the link to have your address added to the list of allowed senders: your message will be delivered then.'
  expect(await read('Subject: Please confirm', text)).toEqual(AUTO)
})

test('a report that it was delivered is no bounce', async () => {
  const text = `--cut\r
Content-Type: text/plain\r
\r
Your message was delivered.\r
--cut\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.far.test\r
\r
Final-Recipient: rfc822; ada@far.test\r
Action: delivered\r
Status: 2.1.5\r
--cut--`
  const header = `Subject: Successful Mail Delivery Report\r
Content-Type: multipart/report; report-type=delivery-status; boundary=cut`
  expect((await read(header, text)).kind).not.toBe('bounce')
})

test('an invitation is nobody’s answer', async () => {
  expect(await read('Subject: Lunch?', 'Shall we?')).toEqual({ kind: 'other' })
})

test('an answer of a person is a reply', async () => {
  expect(await read('Subject: Thanks\r\nIn-Reply-To: <m-token@weekly.test>')).toEqual({
    kind: 'reply',
  })
})
