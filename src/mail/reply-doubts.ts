import type { BounceReason } from './bounce-reason.ts'

/**
 * What stands beside "not found" and makes it no proof that a reader is gone, in the languages of reply-phrases-world.ts:
 * words for who sends (the sender may be what is not found) and for what passes. Lower case. Too many of them cost a
 * bounce that stays soft; one too few costs a reader.
 */
const SENDER = any(`
  发件 | 发信 | 发送者 | 发送方 | 发送人 | 寄件 | 發件 | 發信 | 發送者 | 發送方 | 發送人 | 送信者 | 送信元 | 送信側 | 差出人 | 発信
  발신 | 송신 | 발송자 | 보낸 사람 | 보낸사람 | 보내는 | remitent\\b | отправител | відправник | подател | изпращач | absender
  versender | expéditeur | expediteur | émetteur | remitente | emisor\\b | mittente | remetente | afzender
  verzender | nadawc | avsändar | afsender | avsender | lähettäj | odesílat | odesilat | odosielat | feladó
  expeditor | pošiljatelj | pošiljalac | posiljatelj | siuntėj | sūtītāj | saatja | αποστολέ | αποστολε | gönderen
  gönderici | gonderen | người gửi | bên gửi | المرسل(?! إليه| اليه) | השולח | فرستنده | ผู้ส่ง | pengirim(?!an) | penghantar
  प्रेषक`)

/** Where we send from, and lists that a server keeps: of addresses, hosts, people let in. */
const OURS_OR_LISTS = any(`
  (?<!or )\\bip\\b | 反向 | 逆引き | 역방향 | обратн | ptr | 白名单 | 白名單 | ホワイトリスト | 허용 목록 | 화이트리스트 | white-?list
  white list | allow-?list | allow list | lista blanca | lista de permitidos | liste blanche | lista bianca
  lista branca | weiße liste | weisse liste | бел(?:ый|ом|ого|ому) спис | witte lijst
  biał(?:a|ej) li | beyaz liste | vita listan | 通讯录 | 通訊錄 | アドレス帳 | 주소록 | 联系人 | 聯絡人`)

/** What fills: whoever speaks of it knows a mailbox, whatever else is said. */
const FULL = any(`
  \\bquota | \\bvoll\\b | überfüllt | erschöpft | (?<!ge)speicher | \\bespace\\b | saturé | dépassé | \\bespacio | saturad | \\bllen[oa]\\b | \\bcuota
  spazio | \\bpien[oa]\\b | espaço | \\bchei[oa]\\b | \\bcota\\b | \\bvol\\b | ruimte | utrymme | täynnä | pełn[aey] | plná | \\bmegtelt | tele van
  \\bplină\\b | переполн | переповн | квот | kota(?:sı|yı)? a | \\bdolu\\b | πλήρ | γεμάτ | ممتل | מלאה | đầy(?! đủ) | เต็ม | penuh | 已满 | 已滿 | 容量 | 空间不足
  空間不足 | いっぱい | 満杯 | 용량 | 가득`)

/** The same in English is in TEMPORARY_ENGLISH. */
const TEMPORARY_WORLD = any(`
  暂时 | 暫時 | 稍后 | 稍後 | 繁忙 | 系统忙 | 系統忙 | 维护 | 維護 | 超时 | 逾時 | 临时 | 臨時 | 重试 | 重試 | 一時 | 後で | 後ほど | しばらく
  時間をおいて | メンテナンス | 保守 | 混雑 | 混み合 | タイムアウト | 일시 | 나중에 | 잠시 | 점검 | 시간 초과 | 시간이 초과 | 혼잡 | временн
  позже | позднее | обслуживани | тимчасов | пізніше | vorübergehend | später | wartung | zeitüberschreitung
  zeitweise | temporär | überlast | temporair | momentané | provisoire | plus tard | ultérieur | réessay
  temporal | más tarde | mas tarde | mantenimiento | temporane | più tardi | manutenzione | temporár | mais tarde
  manutenção | tijdelijk | onderhoud | tymczasow | później | chwilow | konserwac | tillfällig | senare | underhåll
  midlertidig | senere | vedligehold | vedlikehold | tilapäi | väliaikai | myöhemmin | huolto | dočasn | později
  údržb | neskôr | átmeneti | ideiglenes | később | karbantart | mai târziu | mentenan | privremen | začasn
  geçici | daha sonra | bakım | meşgul | προσωριν | αργότερα | συντήρησ | مؤقت | لاحقا | صيانة | זמני | מאוחר יותר
  תחזוקה | tạm thời | thử lại | bảo trì | ชั่วคราว | ภายหลัง | sementara | pemeliharaan | موقت | अस्थायी`)

const TEMPORARY_ENGLISH =
  /\btemporar\w*|\btransient|\b(?:try|retry|come back)(?: it| again)* (?:later|in (?:a|an|\d|some)|after|shortly)|\bmaintenance\b|\btime(?:d )?-?out\b|\bdeferred\b|\b(?:too |is |system |server )busy\b|servfail|\bwill (?:be )?retr\w+|connection (?:refused|reset|lost|closed|timed)|\b(?:migrat\w+|vacation|yet)\b|\b(?:just|right) now\b|at (?:the|this) (?:moment|time)\b|\bverification\b|\bis down\b|overload|being moved|new server|please retry|soft error|(?:directory|database|table|server|backend) (?:is |currently )*(?:un|not )available|unverified|(?:could not|cannot|can.?t|unable to) (?:be )?(?:verif\w+|look ?up|check)|\bon hold\b|read[- ]?only|\bmoving to\b|\bsuspen(?:ded|sion)\b|\bover ?quota\b|(?<!dns )\blook ?up (?:fail|error)|system error|\b(?:backend|back-end|ldap|database|directory|internal|verification|local) (?:lookup |server )?(?:failure|error)|while (?:checking|verifying|looking)|exceeded (?:\w+ ){0,2}(?:storage|quota)|\bexpired\b|(?:account|user|mailbox|address) exists|not accepting mail|(?:you|your \w+) (?:have )?tried (?:\d|too )|relay access|for relaying/

/** About us, in English: who sends, from where, and whom a recipient or a list lets in. */
const OURS_ENGLISH =
  /\bsenders?\b|\b(?:return|reply|bounce|errors?)[- ]?(?:to )?(?:address|path)\b|\berrors-to\b|\b(?:unknown|invalid|no such|bad) clients?\b|\bclient (?:host|name|address|ip|is|does|was|not|unknown)\b|\b(?:originators?|peer|submitters?|authors?|origin|srs|batv|verp|prvs)\b|(?:sending|connecting|requesting|calling) (?:host|server|system|domain|address)|\bfrom (?:user|host|domain) (?:<a> |name )?(?:unknown|invalid|is|does|was|not|could|cannot)\b|\bunknown to me\b|\b(?:know|recogni[sz]e) you\b|\byou (?:are|seem) (?:unknown|not|no)\b|\b(?:known|such|approved|accepted|listed|my|his|her|their|in) contacts?\b|\bcontacts? (?:list|of)\b|your subscription|\benvelope\b|\bin from\b|return.?receipt|(?<!\| )\bfrom:|\bfrom (?:header|address)|\b(?:(?:e-?)?mail|messages?) (?:from\b|host not)|\breply-to\b|\byour (?:\w+ )?(?:ip|domain|host|hostname|server|address)\b(?! list| book)|known contacts|(?:un)?authenticat|members? (?:list|only)|only (?:accept|member|subscriber)|(?:address|contact|allow|access|authori[sz]ed) list|\bpermission|because of (?:our |a )?polic|restricted|not (?:allowed|permitted|authori[sz]ed)|\byou are not\b|\b(?:in|on) (?:our|the|a|your) (?:\w+ )?list\b|relay list|\blist of\b/

/** What else a server may not find, or cannot read: a header, a link, a name we greeted with, a command. */
const OTHER_THING =
  /\b(?:callout|header|helo|ehlo|url|link|message-?id|whitelist|spf|ptr|dns (?:name|record|fail\w+)|password|log ?in|fully qualified|rule imposed|may not exist|domain policy|size exceeded|(?<!address )syntax|user.agent|bad sequence|invalid command|hops?|loop)\b|verif(?:y|ication) failed|(?:mailbox|maildir) (?:format|state)|^ ?(?:error: )?no valid recipients|\bno route|network unreachable|unreachable network|relay:|\btoo many\b|certificate|\breverse\b|\bparameter|(?<!(?:because of|due to|by|our|local|a|per) )\bpolicy\b|recipients? (?:count|limit|number)|\b(?:unknown|invalid|no such|bad) (?:\w+ )?(?:key|session|command|country|network|content|charset|policy)\b|\b(?:key|session|command|country) (?:is |was )?(?:unknown|invalid|not (?:found|recogni[sz]ed|known))|\boption\b|(?:full|disabled|blocked|inactive|locked|suspended|closed|expired) or\b|\bor (?:\w+ )?(?:full|disabled|blocked|inactive|locked|suspended|over quota)\b|rcpthosts|relaying|(?:un\w+ to|not|to|for) relay\b/

/** The same in other languages: what is looked up in DNS, our server, a link, a list, and doubt itself. */
const OTHER_WORLD = any(`
  \\bdns\\b | \\bspf\\b | \\bptr\\b | \\bmx\\b | su servidor | votre serveur | ihr server | ihr mailserver | il (?:suo|vostro) server
  seu servidor | uw server | din server | ваш(?:его|ему|им)? сервер | twój serwer | váš server | sunucunuz | 您的服务器 | 发送服务器
  (?<!\\p{L})(?:votre|ihre?|su|tuo?|seu|sua|uw|din|ditt|twoj[aeą]|twój|ваш[аеу]?|váš|vaše) (?:\\p{L}+ )?(?:e-?mail|dom|dirección|adres|server|serv|ip\\b|host|домен|адрес|хост|indirizzo|endereço)
  (?:您的|你的)(?:域名|邮箱|地址|信箱|网域|網域|服务器) | (?:あなた|お客様)の(?:ドメイン|アドレス|サーバ) | (?:귀하|당신)의 ?(?:도메인|주소|서버) | adınız | adresiniz
  貴社 | 貴サーバ | 送信サーバ | 链接 | 連結 | リンク | 링크 | ссылк | verknüpfung | \\blien\\b | enlace | collegamento | bağlantı
  授权 | 授權 | (?<!收件人|邮件)列表 | 名单 | 名單 | 足够 | 足夠 | 邮件头 | 信头 | vermutlich
  eventuell | peut-être | quizás | tal vez | \\bforse\\b | talvez | wellicht | kanske | возможно | 可能(?!的|原因) | かもしれ | ないか、 | 可能性 | 수 있음`)

/**
 * What else than the recipient the words near "unknown" speak of; null: nothing. A word too many costs a bounce that
 * stays soft, one too few costs a reader.
 */
export function otherSubject(near: string, isForeign: boolean): BounceReason | null {
  if (SENDER.test(near) || OURS_OR_LISTS.test(near) || OURS_ENGLISH.test(near)) return 'sender'
  if (FULL.test(near)) return 'mailbox-full'
  if (TEMPORARY_ENGLISH.test(near) || TEMPORARY_WORLD.test(near)) return 'system-error'
  return OTHER_THING.test(near) || (isForeign && OTHER_WORLD.test(near)) ? 'perhaps-unknown' : null
}

function any(words: string): RegExp {
  return new RegExp(
    words
      .split(/[|\n](?![^(]*\))/)
      .flatMap((word) => word.trim() || [])
      .join('|'),
    'u',
  )
}
