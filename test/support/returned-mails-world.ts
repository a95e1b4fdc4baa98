import type { ReturnedSample } from './returned-mails.ts'

const ADA = 'ada@far.test'

/** Microsoft Exchange and 365 as the reader's language has it: the words alone, no code, as gateways leave it. */
const exchange = (
  language: string,
  subject: string,
  opening: string,
  why: string,
  reason: string,
): ReturnedSample => ({
  name: `Exchange in ${language}: ${reason}`,
  from: 'postmaster@far.test',
  header: 'Return-Path: <>',
  subject,
  text: `${opening}\n\nada@far.test<mailto:ada@far.test>\n${why}\n`,
  expected: [[ADA, reason === 'unknown-user' ? 'hard' : 'soft', reason, null]],
})

export const EXCHANGE_SAMPLES: readonly ReturnedSample[] = [
  exchange(
    'German',
    'Unzustellbar: Nummer 12',
    'Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:',
    'Die eingegebene E-Mail-Adresse konnte nicht gefunden werden. Überprüfen Sie die E-Mail-Adresse des Empfängers.',
    'unknown-user',
  ),
  exchange(
    'German',
    'Unzustellbar: Nummer 12',
    'Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:',
    'Das Postfach des Empfängers ist voll und kann zurzeit keine Nachrichten annehmen.',
    'mailbox-full',
  ),
  exchange(
    'French',
    'Non remis : Numéro 12',
    'Échec de la remise pour ces destinataires ou groupes :',
    "L'adresse de messagerie que vous avez entrée est introuvable. Vérifiez l'adresse.",
    'unknown-user',
  ),
  exchange(
    'French',
    'Non remis : Numéro 12',
    'Échec de la remise pour ces destinataires ou groupes :',
    'La boîte aux lettres du destinataire est pleine et ne peut plus accepter de messages.',
    'mailbox-full',
  ),
  exchange(
    'Spanish',
    'No se puede entregar: Número 12',
    'Error de entrega a estos destinatarios o grupos:',
    'No se encontró la dirección de correo electrónico que especificó.',
    'unknown-user',
  ),
  exchange(
    'Spanish',
    'No se puede entregar: Número 12',
    'Error de entrega a estos destinatarios o grupos:',
    'El buzón del destinatario está lleno y no puede aceptar mensajes.',
    'mailbox-full',
  ),
  exchange(
    'Italian',
    'Non recapitabile: Numero 12',
    'Recapito non riuscito per i seguenti destinatari o gruppi:',
    "Impossibile trovare l'indirizzo di posta elettronica specificato.",
    'unknown-user',
  ),
  exchange(
    'Portuguese',
    'Não é possível entregar: Número 12',
    'Falha na entrega a estes destinatários ou grupos:',
    'Não foi possível encontrar o endereço de email que você inseriu.',
    'unknown-user',
  ),
  exchange(
    'Dutch',
    'Onbestelbaar: Nummer 12',
    'Uw bericht kan niet worden bezorgd bij de volgende geadresseerden of groepen:',
    'Het door u ingevoerde e-mailadres is niet gevonden.',
    'unknown-user',
  ),
  exchange(
    'Swedish',
    'Olevererbart: Nummer 12',
    'Det gick inte att leverera till följande mottagare:',
    'E-postadressen du angav kunde inte hittas.',
    'unknown-user',
  ),
  exchange(
    'Danish',
    'Kan ikke leveres: Nummer 12',
    'Levering til disse modtagere mislykkedes:',
    'Den angivne mailadresse blev ikke fundet.',
    'unknown-user',
  ),
  exchange(
    'Norwegian',
    'Kan ikke leveres: Nummer 12',
    'Leveringen til disse mottakerne mislyktes:',
    'E-postadressen du oppgav, ble ikke funnet.',
    'unknown-user',
  ),
  exchange(
    'Finnish',
    'Toimittaminen epäonnistui: Numero 12',
    'Viestiä ei voitu toimittaa seuraaville vastaanottajille:',
    'Antamaasi sähköpostiosoitetta ei löytynyt.',
    'unknown-user',
  ),
  exchange(
    'Polish',
    'Niedostarczone: Numer 12',
    'Dostarczenie wiadomości do następujących adresatów lub list nie powiodło się:',
    'Nie znaleziono wprowadzonego adresu e-mail.',
    'unknown-user',
  ),
  exchange(
    'Czech',
    'Nedoručitelné: Číslo 12',
    'Zprávu se nepodařilo doručit těmto příjemcům nebo skupinám:',
    'Zadaná e-mailová adresa nebyla nalezena.',
    'unknown-user',
  ),
  exchange(
    'Hungarian',
    'Kézbesíthetetlen: 12. szám',
    'Nem sikerült a kézbesítés a következő címzetteknek:',
    'A megadott e-mail-cím nem található.',
    'unknown-user',
  ),
  exchange(
    'Romanian',
    'Nelivrabil: Numărul 12',
    'Livrarea la următorii destinatari nu a reușit:',
    'Adresa de e-mail introdusă nu a fost găsită.',
    'unknown-user',
  ),
  exchange(
    'Russian',
    'Не удается доставить: Номер 12',
    'Не удалось выполнить доставку следующим получателям или группам:',
    'Указанный адрес электронной почты не найден.',
    'unknown-user',
  ),
  exchange(
    'Ukrainian',
    'Не вдалося доставити: Номер 12',
    'Не вдалося доставити повідомлення таким одержувачам:',
    'Введену адресу електронної пошти не знайдено.',
    'unknown-user',
  ),
  exchange(
    'Greek',
    'Δεν ήταν δυνατή η παράδοση: 12',
    'Η παράδοση σε αυτούς τους παραλήπτες απέτυχε:',
    'Η διεύθυνση ηλεκτρονικού ταχυδρομείου που εισαγάγατε δεν βρέθηκε.',
    'unknown-user',
  ),
  exchange(
    'Turkish',
    'Teslim Edilemedi: Sayı 12',
    'Şu alıcılara veya gruplara teslim edilemedi:',
    'Girdiğiniz e-posta adresi bulunamadı.',
    'unknown-user',
  ),
  exchange(
    'Hebrew',
    'לא ניתן למסירה: 12',
    'המסירה לנמענים הבאים נכשלה:',
    'כתובת הדואר האלקטרוני שהזנת לא נמצאה.',
    'unknown-user',
  ),
  exchange(
    'Arabic',
    'غير قابل للتسليم: 12',
    'فشل التسليم إلى المستلمين التاليين:',
    'لم يتم العثور على عنوان البريد الإلكتروني.',
    'unknown-user',
  ),
  exchange(
    'Thai',
    'ไม่สามารถส่งได้: 12',
    'การจัดส่งไปยังผู้รับเหล่านี้ล้มเหลว:',
    'ไม่พบที่อยู่อีเมลที่คุณป้อน',
    'unknown-user',
  ),
  exchange(
    'Vietnamese',
    'Không gửi được: 12',
    'Không thể chuyển thư đến những người nhận sau:',
    'Không tìm thấy địa chỉ email bạn đã nhập.',
    'unknown-user',
  ),
  exchange(
    'Indonesian',
    'Tidak terkirim: 12',
    'Pengiriman gagal ke penerima berikut:',
    'Alamat email yang Anda masukkan tidak ditemukan.',
    'unknown-user',
  ),
  exchange(
    'Simplified Chinese',
    '无法传递: 第 12 期',
    '向这些收件人或通讯组传递邮件失败:',
    '找不到您输入的电子邮件地址。请检查收件人的电子邮件地址。',
    'unknown-user',
  ),
  exchange(
    'Simplified Chinese',
    '无法传递: 第 12 期',
    '向这些收件人或通讯组传递邮件失败:',
    '收件人的邮箱已满，目前无法接收邮件。',
    'mailbox-full',
  ),
  exchange(
    'Traditional Chinese',
    '無法傳遞: 第 12 期',
    '傳遞給下列收件者或群組失敗:',
    '找不到您輸入的電子郵件地址。',
    'unknown-user',
  ),
  exchange(
    'Japanese',
    '配信不能: 第12号',
    '次の受信者またはグループへの配信に失敗しました:',
    '入力した電子メール アドレスが見つかりませんでした。',
    'unknown-user',
  ),
  exchange(
    'Japanese',
    '配信不能: 第12号',
    '次の受信者またはグループへの配信に失敗しました:',
    '受信者のメールボックスがいっぱいで、メッセージを受信できません。',
    'mailbox-full',
  ),
  exchange(
    'Korean',
    '배달되지 않음: 12호',
    '다음 받는 사람 또는 그룹에게 배달하지 못했습니다:',
    '입력한 전자 메일 주소를 찾을 수 없습니다.',
    'unknown-user',
  ),
  exchange(
    'Korean',
    '배달되지 않음: 12호',
    '다음 받는 사람 또는 그룹에게 배달하지 못했습니다:',
    '받는 사람의 사서함이 꽉 찼습니다.',
    'mailbox-full',
  ),
]

export const WORLD_SAMPLES: readonly ReturnedSample[] = [
  {
    name: 'Coremail, refused without a reason',
    from: 'Postmaster@163.test',
    subject: '系统退信',
    text: `
抱歉，您的邮件被退回来了……
原邮件信息：
时间：2026-11-24 16:00:00
主题：第 12 期
收件人：ada@far.test
退信原因：系统拒绝
英文说明:rejected by system
建议解决方案：请稍后重试
This message is generated by Coremail.`,
    expected: [[ADA, 'block', 'policy', null]],
  },
  {
    name: 'Coremail, nobody there',
    from: 'Postmaster@163.test',
    subject: '系统退信/The email is returned',
    text: `
抱歉，您的邮件被退回来了……
收件人：ada@far.test
退信原因：收件人邮件地址（ada@far.test）不存在，邮件无法送达。`,
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'Coremail, too many today',
    from: 'Postmaster@163.test',
    subject: '系统退信',
    text: `
您的邮件被退回来了
收件人：ada@far.test
退信原因：发信频率超过限制，请稍后再发。`,
    expected: [[ADA, 'block', 'rate', null]],
  },
  {
    name: 'QQ',
    from: 'PostMaster <PostMaster@qq.test>',
    subject: '来自qq.test的退信',
    header: 'Content-Type: text/html; charset=utf-8',
    text: `<html><body><p>很抱歉您发送的邮件被退回，以下是该邮件的相关信息：</p>
<table><tr><td>被退回邮件</td><td>主题：第 12 期<br>时间：2026-11-24 16:00:00</td></tr>
<tr><td>无法发送到</td><td>&lt;ada@far.test&gt;</td></tr>
<tr><td>退信原因</td><td>收件人邮箱空间不足。<br>host mx.far.test said: 552 Mailbox is full</td></tr></table></body></html>`,
    expected: [[ADA, 'soft', 'mailbox-full', null]],
  },
  {
    name: 'QQ, nobody there',
    from: 'PostMaster <PostMaster@qq.test>',
    subject: '来自qq.test的退信',
    text: `
很抱歉您发送的邮件被退回，以下是该邮件的相关信息：
无法发送到 <ada@far.test>
退信原因 该用户不存在
解决方案 请检查收件人的邮件地址`,
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'Sina',
    from: 'MAILER-DAEMON@sina.test',
    subject: '系统退信通知',
    text: `
您好，您的邮件无法投递到下列地址：
<ada@far.test>:
对方邮箱空间已满。`,
    expected: [[ADA, 'soft', 'mailbox-full', null]],
  },
  {
    name: 'a Japanese carrier',
    from: 'Postmaster@far.test',
    subject: 'Mail System Error - Returned Mail',
    text: `
次のあて先へのメッセージはエラーのため送信できませんでした。

送信先メールアドレスが見つからないか、
送信先メールサーバの事由により送信できませんでした。
メールアドレスをご確認の上、再送信してください。

    Recipient: <ada@far.test>
    >>> RCPT TO:<ada@far.test>
    <<< 550 <ada@far.test>: User unknown`,
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'a Japanese carrier, refused by its reader',
    from: 'Postmaster@far.test',
    subject: 'Mail System Error - Returned Mail',
    text: `
次のあて先へのメッセージはエラーのため送信できませんでした。
ada@far.test
受信者の設定により受信拒否されました。`,
    expected: [[ADA, 'block', 'refused-by-recipient', null]],
  },
  {
    name: 'Naver',
    from: 'postmaster@naver.test',
    subject: '메일 발송 실패 안내',
    text: `
보내신 메일이 아래의 이유로 전송되지 않았습니다.
받는사람: ada@far.test
사유: 존재하지 않는 사용자입니다.`,
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'Orange',
    from: 'MAILER-DAEMON@far.test',
    subject: 'Message non distribué',
    text: `
Votre message n'a pas pu être remis au destinataire suivant :

ada@far.test

Raison : quota dépassé, la boîte aux lettres est pleine.`,
    expected: [[ADA, 'soft', 'mailbox-full', null]],
  },
  {
    name: 'Libero',
    from: 'Mail Delivery System <MAILER-DAEMON@far.test>',
    subject: 'Mancata consegna del messaggio',
    text: `
Il tuo messaggio non è stato consegnato a:
<ada@far.test>: utente sconosciuto`,
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'Yandex',
    from: 'MAILER-DAEMON@yandex.test',
    subject: 'Недоставленное сообщение',
    text: `
Это письмо отправлено почтовым сервером.
К сожалению, мы вынуждены сообщить вам о том, что ваше письмо не может быть доставлено.
*****
<ada@far.test>: почтовый ящик получателя переполнен`,
    expected: [[ADA, 'soft', 'mailbox-full', null]],
  },
  {
    name: 'GMX',
    from: 'GMX Mailer Daemon <mailer-daemon@gmx.test>',
    subject: 'Mail delivery failed: returning message to sender',
    text: `
Dieses Schreiben wurde automatisch von Ihrem Mailserver erzeugt.
Ihre Nachricht konnte nicht zugestellt werden. Die folgende Adresse ist fehlgeschlagen:

"ada@far.test":
Benutzer unbekannt`,
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
]
