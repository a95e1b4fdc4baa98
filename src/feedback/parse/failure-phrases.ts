/**
 * How notices say that mail failed, in the languages of their servers: as a subject, or as the words that open one.
 * Lower case. A word here proves nothing by itself: see evidence.ts.
 */
const ENGLISH = [
  'undeliver(?:ed|able)',
  'delivery (?:status notification|failure|failed|has failed|error|reports?|problem|notification|unsuccessful|incomplete|attempt|delayed|status|to the following|is delayed|has been (?:delayed|rejected))',
  'mail (?:delivery|system) (?:failed|failure|system|problem|error|subsystem|status|report|warning)',
  'failure (?:notice|notification|report|delivery)|failed (?:mail|delivery|message)|fail(?:ed|ure) to deliver',
  'return(?:ed|ing) (?:mail|message|e-?mail|to sender|to you)|message returned|mail returned',
  'non-?deliver(?:y|ed|able)|not (?:be(?:en)? )?(?:yet (?:been )?)?(?:delivered|sent to|relayed)|(?:could|can|did|was|has|were|would|will) ?(?:not|n.t) (?:yet )?(?:be |been )?(?:deliver|reach|sen[dt] to|accept)',
  '(?:un|not )able to (?:be )?(?:deliver|send|relay|reach)|(?:cannot|can.t|couldn.t|wasn.t|weren.t|isn.t) (?:be )?(?:able to )?(?:send|deliver|be delivered|be reached|being delivered|reach)',
  '(?:e-?mail|mail|message)s? (?:delivery )?(?:failed|failure|delayed|undeliverable|error|bounced?|blocked|rejected|status|could not|not (?:sent|accepted))|(?:blocked|rejected|bounced) (?:your |an? |the )?(?:e-?mail|mail|message|delivery)',
  'warning: (?:could not send|message|e-?mail|mail)|warning - delayed|delayed (?:mail|delivery|message)|has been delayed|still undelivered|nondelivery|ndn:|ndr:|dsn:',
  'problems? deliver|error (?:while )?(?:deliver|send|occurred while trying to deliver)|deliver(?:ing|y) (?:your|the|this) (?:message|mail|e-?mail)|permanent(?: fatal)? errors?|fatal errors?|following address(?:es|\\(es\\))?|transcript of session|recipients? (?:list )?(?:was |were |has been |is )?(?:rejected|unknown|not)|user unknown|mailbox (?:full|unavailable|not found)|message you sent|undelivered mail|(?:mail|message) (?:that )?you (?:have )?(?:sent|attempted)|has (?:been )?(?:rejected|refused|blocked|bounced)|was (?:not delivered|rejected|blocked|refused|undeliverable|returned)|delivery failure|did not reach|does not exist|no such user|invalid (?:recipient|address)|not a (?:valid|member)|may not exist|not been delivered|unknown (?:user|recipient|address)|is not known|address not found|mail failed|processing error|has been returned|encountered an error|intended recipient|failed addresses|failed recipients|are not (?:a )?member|no valid recipients|invalid final delivery|message blocked|message not delivered',
]

const WORLD = [
  'unzustellbar|nicht zustellbar|nicht zugestellt|zustellung (?:fehlgeschlagen|nicht)|zustell(?:ungs)?fehler|fehler bei der (?:zustellung|übermittlung)|konnte nicht (?:zugestellt|ausgeliefert|gesendet|übermittelt)|nicht übermittelt|fehlgeschlagen|nicht ausgeliefert|verzögert|konnte (?:ihre|die) (?:nachricht|e-?mail)|nicht erreicht|zurückgesandt|zurückgewiesen',
  'non remis|non distribu|échec (?:de |d.)?(?:la )?(?:remise|livraison|distribution|envoi)|non délivré|retour à l.expéditeur|n.a pas pu être (?:remis|envoyé|délivré|distribué|transmis)|n.ont pas pu être|impossible de (?:remettre|distribuer|délivrer|livrer)|pas été (?:remis|distribué|délivré)|a échoué|est retardée?|n.a pas (?:été|pu)',
  'no se (?:ha |han )?(?:puede|pudo|podido|pudieron|entreg)|no entregad|error (?:de|en la) entrega|fallo (?:en la|de) entrega|devuelto|no ha sido (?:entregad|posible)|no fue (?:entregad|posible)|imposible entregar|entrega (?:fallida|retrasada)|sin entregar|no llegó|no pudo ser|rechazado',
  'non recapitabil|mancat[ao] (?:consegna|recapito)|impossibile (?:recapitare|consegnare|inviare)|non (?:è stato )?(?:consegnat|recapitat)|errore di consegna|recapito non|consegna (?:fallita|non riuscita|ritardata)|non è (?:stato )?possibile|notifica di mancat|avviso di mancat',
  'não (?:foi )?(?:entregue|possível entregar)|não é possível entregar|falha (?:na|de) entrega|não pôde ser (?:entregue|enviad)|devolvid|erro (?:de|na) entrega|não foi possível|nao foi (?:possivel|entregue)|entrega (?:falhou|não)|não entreg',
  'onbestelbaar|niet (?:bezorgd|afgeleverd|besteld)|kan niet worden (?:bezorgd|afgeleverd)|kon niet worden|bezorging (?:is )?mislukt|niet worden bezorgd|is mislukt',
  'olevererbart|kunde inte (?:levereras|nå)|gick inte att leverera|inte levereras|kan ikke leveres|ikke leveret|uleverbar|kunne ikke (?:leveres|afleveres)|ulevert|ikke levert|ei voitu (?:toimittaa|lähettää)|toimittaminen epäonnistui|toimitus epäonnistui|ei toimitettu|perille toimittama|levering mislykke|leverans',
  'niedostarcz|nie (?:można|udało się|został[ao]?|mogła być|dostarczono) ?(?:dostarcz)?|błąd dostar|zwrot (?:poczty|wiadomości)|nedoruč|nelze doručit|nebyl[ao]? doručen|nemohl[ao]? být|nepodařilo (?:se )?doruč|nem (?:kézbesíthető|sikerült|lehetett)|kézbesíthetetlen|sikertelen kézbes|nelivr|nu a putut fi|imposibil de livrat|ni bilo mogoče|nije (?:isporuč|moguće|dostav)|neisporuč|nedostav|ne može biti|nevar|nepristat|ei saanud|neįmanoma|piegādāt',
  'не ?доставлен|не (?:удалось|удается|удаётся|может|могут|было|была|можем) (?:быть )?(?:доставл|доставить|отправ)|возвращ[её]н|ошибка доставки|невозможно доставить|не было доставлено|не вдалося|недоставлен|недоставен|не може да бъде|отложен|задерж',
  'δεν (?:ήταν δυνατή|παραδόθηκε|ήταν δυνατό|μπόρεσε)|μη παραδοτέ|αποτυχία παράδοσης|παράδοση.{0,20}απέτυχε|teslim edil(?:e|me)me|iletileme|teslim edilemedi|iletim hatası|teslimat başarısız|gönderilemedi|ulaştırılamad|teslim başarısız',
  'לא ניתן (?:למסור|למסירה|היה|לשלוח)|נכשל|אינה ניתנת למסירה|لم يتم (?:تسليم|توصيل)|تعذ[ّ]?ر (?:التسليم|تسليم|توصيل|إرسال)|غير قابل للتسليم|فشل (?:التسليم|تسليم|في)|تحویل (?:داده )?نشد|ارسال نشد|برگشت خورد|پیام برگشتی|قابل تحویل نیست|نمی‌?توان تحویل|डिलीवर नहीं|वितरित नहीं|ไม่สามารถ(?:ส่ง|จัดส่ง|นำส่ง)|ส่งไม่(?:ได้|สำเร็จ)|การจัดส่ง.{0,20}ล้มเหลว|không (?:thể )?(?:gửi|phân phối|chuyển)|gửi không|bị trả lại|thư trả lại|tidak (?:terkirim|dapat dikirim|tersampaikan)|gagal (?:dikirim|terkirim|mengirim|disampaikan)|pengiriman gagal',
  '退信|退件|退回|无法(?:送达|投递|传递|发送)|未(?:送达|传递|能送达|能投递|能发送)|投递(?:失败|到)|发送失败|寄送失敗|無法(?:傳遞|遞送|投遞|寄送|送達|傳送)|傳送失敗|投遞失敗|邮件投递|不能(?:送达|投递)|被拒绝|邮件发送|未傳遞|未送達|傳遞失敗|延迟',
  '配信(?:不能|でき|エラー|に失敗|され)|配達(?:不能|でき|され)|送信(?:でき|エラー|に失敗|不能|され)|お?届け(?:でき|出来)|届きません|届かな|未配信|未達|返送|エラー(?:メール|のため|通知)|送れません|不達|配送(?:でき|に失敗)|受信者に|送付でき|遅延',
  '배달(?:되지|할 수|하지|에 실패| 실패|이 지연)|전송(?:되지|할 수|하지| ?실패|에 실패)|반송|전달(?:되지|할 수|하지)|발송 ?실패|발송(?:되지|하지)|배달 상태|수신자에게',
]

export const SAYS_FAILURE = new RegExp([...ENGLISH, ...WORLD].join('|'), 'iu')

/** Parcels and payments have recipients and addresses, too. */
const MAIL =
  /(?<!\p{L})(?:e-?mails?|mails?|messages?|mailbox|nachricht|postfach|courriel|courrier|boîte|mensaje|correo|buzón|messaggi|posta|casella|mensage|caixa|bericht|postvak|meddeland|brevlåd|besked|meddelelse|melding|postkasse|viesti|posti|wiadomo|poczt|skrzynk|zpráv|správ|schránk|üzenet|levél|mesaj|сообщен|письм|почт|повідомлен|пошт|съобщен|писмо|μήνυμα|γραμματοκιβ|ileti|mektup|הודע|דואר|पत्र|संदेश|ईमेल|thư|pesan|surat|surel|poruk|sporoč|laišk|vēstul|kiri|e-kiri)|رسال|بريد|پیام|ایمیل|ข้อความ|อีเมล|จดหมาย|邮件|郵件|信件|来信|來信|退信|信息|邮箱|郵箱|信箱|メール|メッセージ|편지|메일|메시지|배달/iu

/** A sentence that says of mail, not of the address in it, that it failed; what it quotes says nothing. */
export function saysMailFailed(text: string): boolean {
  return text
    .replace(/^[ \t]*>.*$/gm, '')
    .replace(/(?<![^\s<>@])[^\s<>@]+@[^\s<>]+|(?<![\w-])[\w-]+(?:\.[\w-]+)+\b/g, '@')
    .split(/[.!?]\s|[。！？]/)
    .some((sentence) => MAIL.test(sentence) && SAYS_FAILURE.test(sentence))
}
