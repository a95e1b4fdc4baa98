import type { BounceReason } from './bounce-reason.ts'

/**
 * The same in other languages than English, lower case, without the words that may stand between: what the mail
 * systems of those countries, and Exchange, Gmail and Notes in them, say. The first that fits counts. Read as words
 * between bars: a thousand of them, a line each, would hide which belong together.
 */
export const WORLD_PHRASES: readonly (readonly [BounceReason, readonly string[]])[] = [
  [
    'recipient-rate',
    words(`
      empfängt derzeit zu viele | recibiendo correo a un ritmo | recibe demasiados | reçoit trop
      riceve troppi | 频率超限 | 接收邮件过于频繁 | 收信频率 | 收件人频率 | 短时间内收到
    `),
  ],
  [
    'spam',
    words(`
      垃圾邮件 | 垃圾郵件 | 反垃圾 | 广告邮件 | 內容被拒 | 内容被拒 | 邮件内容 | 郵件內容 | スパム
      迷惑メール | 스팸 | спам | spam | como no deseado | correo no deseado | indésirable
      pourriel | indesiderata | lixo eletrônico | ongewenste | skräppost | niechcian | nevyžádan
      istenmeyen | نشاط غير مرغوب | דואר זבל
    `),
  ],
  [
    'virus',
    words(`
      病毒 | ウイルス | ウィルス | 바이러스 | вирус | wirus | vírus | schadsoftware
      logiciel malveillant
    `),
  ],
  [
    'reputation',
    words(`
      黑名单 | 黑名單 | 信誉 | 信譽 | ip被 | ip 被 | ip地址被 | ブラックリスト | 블랙리스트 | чёрн
      черном списке | черный список | schwarze liste | sperrliste | gesperrte ip | liste noire
      lista negra | lista nera | czarnej liście | zwarte lijst | kara liste | réputation | репутац
    `),
  ],
  [
    'rate',
    words(`
      trop de connexions | trop de messages | zu viele | demasiados mensajes
      demasiadas conexiones | demasiados destinatarios | troppi messaggi | troppe connessioni
      troppi destinatari | muitas mensagens | muitas conexões | te veel | zbyt wiele | za dużo
      слишком много | превышен лимит | 连接频率 | 发送配额 | 发信配额 | 發送配額 | 发信频率 | 发送频率 | 超过频率 | 频率限制
      超过限制 | 超出限制 | 过于频繁 | 超过了每 | 送信数の上限 | 送信制限 | 전송 한도
    `),
  ],
  [
    'authentication',
    words(`
      身份验证失败 | 认证失败 | 发信认证 | 送信ドメイン認証 | 送信元認証
      не прошло проверку подлинности | authentifizierungsprüfung
    `),
  ],
  [
    'mailbox-full',
    words(`
      boîte aux lettres est pleine | boîte pleine | est pleine | boite pleine
      boite aux lettres pleine | boite du destinataire pleine | boîte aux lettres pleine
      boîte de réception est pleine | boîte du destinataire est pleine | quota dépassé
      quota depasse | dépassé son quota | espace insuffisant | espace de stockage
      postfach ist voll | postfach voll | postfach des empfängers ist voll
      postfach hat die maximale | mailbox ist voll | mailbox voll | speicherplatz | kontingent
      quota überschritten | postfach überfüllt | ist überfüllt | buzón está lleno | buzón lleno
      buzon lleno | bandeja de entrada está llena | bandeja de entrada llena | excedido su cuota
      cuota excedida | cuota de disco | espacio de almacenamiento | supera la cuota | sin espacio
      buzón del destinatario está | cassetta postale è piena | casella piena
      casella di posta piena | casella è piena | cassetta postale del destinatario è piena
      spazio esaurito | posta in arrivo è piena | quota superata | spazio di archiviazione
      caixa de correio está cheia | caixa cheia | caixa de entrada está cheia | caixa postal cheia
      caixa postal está cheia | cota excedida | quota excedida | espaço de armazenamento
      caixa de correio do destinatário está cheia | postvak is vol | postvak vol | mailbox is vol
      mailbox vol | postbus is vol | opslagruimte | postlåda är full | postlådan är full
      inkorg är full | fullt postfack | postkassen er fuld | postkasse er fuld
      postboksen er full | postboks er full | innboksen er full | indbakke er fuld
      postilaatikko on täynnä | postilaatikko on taynna | sähköpostilaatikko on täynnä
      skrzynka pocztowa jest pełna | skrzynka jest pełna | skrzynka pełna | postkasse full | postkassen full | indbakken fuld | skrzynka odbiorcy jest pełna
      skrzynka przepełniona | przepełnion | przekroczono limit | limit miejsca | schránka je plná
      schránka příjemce je plná | schránka je přeplněn | překročena kvóta | megtelt
      postafiókja tele | postafiók tele | căsuța poștală este plină | cutia poștală este plină
      este plină | ящик переполнен | почтовый ящик переполнен | ящик получателя переполнен
      превышена квота | квота превышена | квоты | переполнен | заполнен | скринька переповнена
      переповнен | кутия е пълна | το γραμματοκιβώτιο είναι πλήρες | πλήρες | πλήρης
      posta kutusu dolu | gelen kutusu dolu | kota aşıldı | kotası dol | kutusu dolmuş
      תיבת הדואר מלאה | مليء | ممتلئ | ممتلئة | เต็ม | hộp thư đầy
      hộp thư của người nhận đã đầy | đã đầy | kotak surat penuh | kotak masuk penuh | penuh
      空间不足 | 空間不足 | 邮箱已满 | 邮箱空间 | 信箱已滿 | 郵箱已滿 | 邮箱满 | 容量不足
      超出容量 | 容量已滿 | 已满 | 已滿 | 信箱空間 | 超過容量 | 배달 용량 | 용량 | 메일함이 가득
      편지함이 가득 | 사서함이 꽉 | 꽉 찼 | 가득 찼 | 가득 차 | メールボックスがいっぱい
      メールボックスが一杯 | メールボックスの容量 | 容量オーバー | 容量を超え | 容量超過 | 満杯
      いっぱい | 受信箱がいっぱい | 保存容量 | 一杯です
      cheia | lotad | excedeu a cota | cota excedida | espaço esgotado | cota esgotada | brevlådan är full | brevlådan full | inkorg är full | inkorgen är full
      kvoten | lagringsutrymme | postkassen er full | postboksen er full | innboksen er full | indbakken er fuld | postkassen er fuld
      kvote overskredet | lagringskvote | täynnä | kiintiö | llena | lleno | cuota | cupo de | sin espacio | espacio insuficiente | espacio agotado
      espace disque | espace insuffisant | boîte saturée | compte saturé | pleine | plein | esaurito | quota superat | piena | pieno | spazio insufficiente
      überfüllt | ist voll | fach voll | box voll | konto voll | quota überschritten | speicherplatz | kontingent | bus vol | postvak vol | mailbox vol | is vol
      overschreden | opslagruimte | γεμάτ | όριο αποθήκευσης | bústia plena | quota superada | je poln | pun je | je pun
      popunjen | pilna | pilns | perpildyt | täis | भर गई | भर गया | भरा हुआ | भरी हुई | कोटा | स्थान नहीं
      dung lượng | thư đầy | bị đầy | پر است | پر شده | سهمیه | فضای کافی | امتلأ | تجاوز الحصة | الحصة | المساحة | מלאה | מלא | מכסה | חריגה
      kuota | kotası | kota dol | dolu | doldu | yer yok | พื้นที่ไม่พอ | พื้นที่เต็ม | โควต้า | โควตา
      超出配额 | 配额 | 配額 | 空间已 | 空間已 | 满额 | 爆满 | 爆滿 | 容量制限 | 容量がいっぱい | 할당량 | 공간이 부족 | 저장 공간
      квот | переповн | препълнен | пълна | пълен | няма място | недостаточно места | нет места | недостатньо місця | přeplněn | preplnen | plná | plný
      pełne | pełna | pełny | przepełnion | brak miejsca | betelt | tele van | tárhely | e plină
    `),
  ],
  [
    'too-large',
    words(`
      nachricht zu groß | nachricht ist zu groß | mail ist zu groß | nachrichtengröße | zu gross
      message trop volumineux | trop volumineux | trop grand | taille du message | taille maximale
      taille maximum | mensaje es demasiado grande | demasiado grande | tamaño máximo
      tamaño del mensaje | messaggio troppo grande | troppo grande | dimensioni massime
      mensagem é muito grande | muito grande | tamanho máximo | te groot | för stort | for stor
      liian suuri | zbyt duż | za duża | příliš velk | túl nagy | prea mare | слишком велик
      слишком больш | превышает допустимый размер | размер письма | çok büyük | גדולה מדי
      كبيرة جد | ใหญ่เกิน | quá lớn | terlalu besar | 邮件过大 | 邮件太大 | 超过大小 | 超出大小
      大小超 | 附件过大 | 郵件太大 | 郵件過大 | 超過大小 | サイズが大き | サイズ制限
      サイズを超え | メッセージが大きすぎ | メッセージ サイズ | 너무 큽니다 | 크기 제한 | 크기가
    `),
  ],
  [
    'greylisted',
    words(`
      灰名单 | 灰名單 | グレイリスト | グレーリスト | серый список | graue liste | liste grise
      lista gris
    `),
  ],
  [
    'disabled',
    words(`
      deaktiviert | gesperrt | désactivé | suspendu | bloqué | inactif | deshabilitad | desactivad
      suspendid | bloquead | inactiv | disabilitat | sospes | disattivat | bloccat | inattiv
      desativad | suspens | uitgeschakeld | geblokkeerd | inaktiverad | spärrad | deaktivert
      sperret | spærret | poistettu käytöstä | zablokowan | nieaktywn | zablokován | neaktivní
      letiltva | letiltott | dezactivat | заблокирован | отключен | неактивн | заблоковано
      απενεργοποι | devre dışı | askıya | pasif | 被禁用 | 已停用 | 被停用 | 停用 | 冻结 | 凍結
      锁定 | 鎖定 | 被封 | 注销 | 禁用 | 休眠 | 未激活 | 停止使用 | 無効 | 停止されて | 休止
      ロックされ | 휴면 | 정지된 | 차단된 계정 | 비활성
      停止中 | 利用停止 | 凍結中 | 사용 중지 | 이용 정지 | 정지되 | 잠긴 | 잠겨 | 暂停 | 暫停 | 挂起 | 只读 | 唯讀 | 読み取り専用 | 읽기 전용
      schreibgeschützt | stillgelegt | umgezogen wird | lecture seule | sólo lectura | solo lectura | sola lettura | só leitura | somente leitura
      alleen-lezen | opgeschort | geschorst | skrivskydd | avstängd | avstängt | suspenderad | suspendert | suspenderet | vain luku | jäädytet
      zawieszon | tylko do odczytu | pozastaven | jen pro čtení | felfüggeszt | csak olvasható | suspendat | doar pentru citire | приостановлен
      только для чтения | призупинен | лише для читання | спрян | временно спрян | αναστολή | askıda | salt okunur | מושעה | מושעית | מוקפא | לקריאה בלבד
      معلق | موقوف | مجمد | للقراءة فقط | معلّق | تعلیق شده | ระงับ | อ่านอย่างเดียว | tạm khóa | bị khóa | tạm ngưng | chỉ đọc
      ditangguhkan | dibekukan | hanya baca | निलंबित | suspès | suspesa | začasno onemogočen | obustavljen | zamrznut
    `),
  ],
  [
    'moved',
    words(`
      ist umgezogen | neue adresse lautet | hat eine neue | a changé d'adresse | nouvelle adresse
      ha cambiado de | nueva dirección | nuovo indirizzo | ha cambiato | novo endereço
      nieuw adres | nieuwe adres | ny adress | ny adresse | nowy adres | новый адрес | 新地址
      新邮箱 | アドレスが変わり | 変更されました
    `),
  ],
  [
    'unknown-host',
    words(`
      domain existiert nicht | domäne existiert nicht | domäne wurde nicht gefunden
      domäne ist nicht vorhanden | rechnername | host unbekannt | domain unbekannt
      unbekannte domain | server nicht gefunden | domain wurde nicht gefunden
      domain nicht gefunden | domaine n'existe pas | domaine inconnu | domaine inexistant
      domaine introuvable | nom de domaine | domaine est introuvable | hôte inconnu
      dominio no existe | no se encontró el dominio | dominio no encontrado
      no se ha encontrado el dominio | dominio inexistente | no se ha podido encontrar el dominio
      dominio inesistente | dominio non esiste | dominio non trovato | dominio sconosciuto
      il dominio | domínio não existe | domínio inexistente | domínio não foi encontrado
      não foi possível encontrar o domínio | domein bestaat niet | domein is niet gevonden
      domein niet gevonden | domänen hittades inte | domänen finns inte | domænet findes ikke
      domenet ble ikke funnet | domenet finnes ikke | toimialuetta ei | verkkotunnusta ei
      domena nie istnieje | nie znaleziono domeny | doména neexistuje | doména nebyla
      tartomány nem | domeniul nu | домен не существует | домен не найден | несуществующий домен
      домена не существует | не удалось найти домен | домен не знайдено | alan adı bulunamad
      alan adı yok | הדומיין | النطاق | 域名不存在 | 找不到域 | 域名无法 | 域名解析 | 找不到主机
      主机不存在 | 网域不存在 | 網域不存在 | 找不到網域 | 域不存在 | 收件人域名 | 对方域名
      ドメインが見つかり | ドメインが存在 | ドメインは存在 | ドメインを見つけ | ホストが見つかり
      도메인을 찾을 수 | 도메인이 존재하지 | 도메인이 없 | 존재하지 않는 도메인
    `),
  ],
  [
    'unknown-user',
    words(`
      unbekannter empfänger | empfänger unbekannt | empfänger existiert nicht
      empfänger wurde nicht gefunden | empfänger nicht gefunden | benutzer unbekannt
      benutzer nicht gefunden | unbekannter benutzer | adresse existiert nicht
      adresse wurde nicht gefunden | adresse nicht gefunden | adresse unbekannt
      adresse konnte nicht gefunden | e-mail-adresse konnte nicht | existiert nicht
      postfach existiert | kein postfach | kein benutzer | adresse ist ungültig
      ungültige adresse | ungültige empfänger | nicht auffindbar | teilnehmer unbekannt
      mailbox unbekannt | gibt es nicht | n'existe plus | n’existe plus | не съществува | मौजूद नहीं | 無此信箱 | 無此郵箱 | アドレスはありません | ユーザーはありません
      neegzistuoja | nerastas | neeksistē | nav atrasts | ei eksisteeri | ei leitud | no existeix | no s'ha trobat | gibt es bei uns nicht | gibt es hier nicht | keinen benutzer | kein nutzer | destinataire inconnu
      utilisateur inconnu | adresse inconnue | adresse introuvable | introuvable | n'existe pas
      n existe pas | n'a pas été trouvé | n’existe pas | n’a pas été trouvé
      destinataire invalide | adresse d au moins un destinataire invalide | adresse invalide
      adresse incorrecte | adresse erronée | boite inconnue | boîte aux lettres inconnue
      compte inconnu | pas été trouvée | usuario desconocido | usuario no existe
      destinatario desconocido | no se encontró la dirección | no se encontró el destinatario
      dirección no existe | no existe | no encontrad | no se ha encontrado | no se encontró
      no se pudo encontrar | no se ha podido encontrar | dirección de correo desconocida
      cuenta inexistente | destinatario no válido | usuario inválido | cuenta no existe
      utente sconosciuto | destinatario sconosciuto | utente inesistente | indirizzo inesistente
      casella inesistente | indirizzo non esiste | non esiste | non trovato | non è stato trovato
      non è stato possibile trovare | non sono riuscito a trovare | impossibile trovare
      indirizzo errato | destinatario non valido | usuário desconhecido
      destinatário desconhecido | usuário inexistente | utilizador desconhecido | destinatário não
      não existe | não foi encontrad | não encontrad | não foi possível encontrar
      endereço inválido | conta inexistente | não pôde ser encontrado | nao existe
      onbekende gebruiker | gebruiker onbekend | onbekend adres | bestaat niet | niet gevonden
      onbekende ontvanger | niet vinden | ongeldig adres | hittades inte | finns inte
      kunde inte hittas | okänd användare | okänd mottagare | gick inte att hitta
      blev ikke fundet | findes ikke | ukendt modtager | ukendt bruger | ble ikke funnet
      finnes ikke | ukjent mottaker | ukjent bruker | kunne ikke finnes | kunne ikke findes
      ei löytynyt | ei löydy | ei ole olemassa | ei löytänyt | nieznany użytkownik
      nieznany odbiorca | nie istnieje | nie znaleziono | nieprawidłowy adres
      nie został znaleziony | brak użytkownika | neexistuje | nebyl nalezen | nebyla nalezena
      nenalezen | nebola nájdená | nebol nájdený | nem található | nem létezik | nu a fost găsit
      nu există | ne obstaja | ne postoji | nije pronađen | пользователь не найден
      пользователь неизвестен | неизвестный пользователь | не существует | не найден
      получатель не найден | адресат не | нет такого | нет почтового ящика | неверный адрес
      неправильный адрес | несуществующ | не зарегистрирован | не вдалося знайти | не знайдено
      не існує | не е намерен | не беше намерен | несъществуващ | δεν βρέθηκε | δεν υπάρχει
      bulunamadı | bulunamadi | mevcut değil | kullanıcı yok | לא נמצא | לא קיים | לא נמצאה
      אינה קיימת | غير موجود | لم يتم العثور | تعذر العثور | ไม่พบ | ไม่มีอยู่ | ไม่มีผู้ใช้
      không tồn tại | không tìm thấy | tidak ditemukan | tidak dijumpai | یافت نشد | 用户不存在
      不存在 | 没有此用户 | 无此用户 | 无此邮箱 | 找不到该用户 | 找不到用户 | 找不到收件人
      用户未找到 | 未开通 | 查无此人 | 查無此人 | 无效用户 | 无效的收件人 | 地址错误 | 地址有误
      收件人地址错 | 不存在的 | 使用者不存在 | 無此使用者 | 無此用戶 | 無此帳號 | 查無此 | 沒有此
      没有该用户 | 没有这个用户 | 邮件地址不正确 | 地址不正确 | 非法用户 | 此帐号 | 用户已离职
      账号不存在 | 帐号不存在 | 見つかりません | みつかりません | 見つからない | 存在しません
      存在しない | 宛先不明 | あて先不明 | 宛先が正しく | ユーザーが不明 | 認識されません
      登録されて | 찾을 수 없 | 존재하지 않 | 없는 사용자 | 없는 메일 | 등록되지 않은 | 없는 계정
      수신자가 없 | 잘못된 주소 | ungültiger empfänger | e-mail-adresse nicht gefunden
      ontvanger onbekend | adres is niet gevonden | tuntematon vastaanottaja | tuntematon käyttäjä
      utente sconosciut | destinatario sconosciut | usuario desconocid | destinatario desconocid
      usuario inexistente | buzón inexistente | destinatario inexistente
      destinatário inexistente | destinatário desconhecid | compte inexistant
      adresse inexistante | destinataire inexistant | utilisateur inexistant | neznámý uživatel
      neznámý příjemce | neznámy príjemca | ismeretlen címzett | ismeretlen felhasználó
      destinatar necunoscut | utilizator necunoscut | nepoznat primatelj | nepoznat korisnik
      невідомий одержувач | невідомий користувач | непознат получател | адресат неизвестен
      получатель неизвестен | άγνωστος παραλήπτης | άγνωστος χρήστης | geçersiz alıcı
      geçersiz adres | bilinmeyen kullanıcı | bilinmeyen alıcı | 不明なユーザ | 宛先が誤
      あて先が誤 | アドレスが間違 | アドレスが正しく | アドレスに誤り | 宛先に誤り
      有効ではありません | 找不到收件 | 找不到该 | 找不到您输入的 | 找不到您輸入的 | 找不到这个
      找不到郵 | 找不到邮 | 地址未找到 | 未找到收件 | 未找到该 | 未找到用户
      알 수 없는 사용자 | 알 수 없는 수신 | 주소가 올바르지 | tidak ada pengguna
      pengguna tidak ada | alamat tidak ada | penerima tidak dikenal | مستخدم غير معروف
      مستلم غير معروف | inexistant | inexistente | inesistente | nicht im domino | nicht aufgeführt | nicht im verzeichnis | non répertorié
      no aparece en el directorio | non elencat | niet vermeld in | 未列在 | 未列出 | وجود ندارد | کاربر ناشناس | گیرنده ناشناس | nieznany adresat | adresat nieznany
      brak takiego użytkownika | brak takiego adresu | nie ma takiego | ei ole: | käyttäjää ei ole | osoitetta ei ole
      vastaanottajaa ei ole | empfaenger unbekannt | adressat unbekannt | unbekannte adresse
      unbekannte empfängeradresse | aucun utilisateur | aucun compte | boîte inexistante | no existe ningún
      ningún usuario | nessun utente | nessuna casella | nenhum usuário | geen gebruiker | geen postvak
      adresse findes | ingen bruger | ingen bruker | ingen användare | ukendt adresse | ukjent adresse | okänd adress
      neznámá adresa | takový uživatel | nincs ilyen | ismeretlen cím | adresă inexistentă | utilizator inexistent
      nepostojeć | nepoznata adresa | неизвестный адрес | неизвестный получатель | адрес не найден
      ящик не найден | невідома адреса | немає такого | няма такъв | непознат адрес | άγνωστη διεύθυνση
      bulunmuyor | böyle bir kullanıcı | alıcı bulunam | משתמש לא ידוע | נמען לא ידוע | לא נמצא משתמש
      عنوان غير معروف | لا يوجد مستخدم | ไม่รู้จักผู้ | người dùng không | không có người dùng
      pengguna tidak | alamat tidak dikenal | उपयोगकर्ता नहीं | पता नहीं मिला | 无此账户 | 没有此邮箱 | 不是有效用户
      用户名不存在 | 使用者未知 | 未知用户 | 未知的收件人 | 未知的用户 | 信箱不存在 | ユーザーは存在 | 該当するユーザ | 不明な宛先
      不明な受信者 | 宛先アドレスがあり | 없는 수신자 | 계정이 없 | 수신인을 알 수 | 사용자를 알 수 | 사용자가 없 | 수신인이 없
    `),
  ],
  [
    'relaying',
    words(`
      weiterleitung nicht | kein relay | relais refusé | relais interdit
      no se permite el reenvío | 中继 | 不允许转发 | 中継
    `),
  ],
  [
    'expired',
    words(`
      zeitüberschreitung | verzögert | zugestellt werden innerhalb | noch nicht zugestellt | délai
      retardé | différé | expiré | caducad | retrasado | demora | se agotó el tiempo
      tiempo de espera | ritardat | scadut | timeout | atraso | atrasad | expirou | vertraagd
      verlopen | försenat | forsinket | viivästyn | opóźnion | wygas | zpožd | késik | întârziat
      задержан | задержка | истекл | время ожидания | доставка письма задерж | gecikti
      zaman aşımı | επιβραδύν | καθυστέρη | 超时 | 逾時 | 延迟 | 延遲 | 暂时无法 | 仍在尝试 | 过期
      多次尝试 | 重试 | タイムアウト | 遅延 | 遅れて | 時間切れ | 配信が遅れ | 期限切れ | 再送
      시간 초과 | 지연 | 시간이 초과
    `),
  ],
  [
    'network',
    words(`
      verbindung | nicht erreichbar | connexion | injoignable | conexión | no responde
      connessione | non raggiungibile | conexão | verbinding | anslutning | forbindelse
      tilkobling | yhteyttä | połączeni | připojení | kapcsolat | conexiune | соединен | подключ
      недоступен | не отвечает | bağlantı | σύνδεση | 连接失败 | 无法连接 | 無法連線 | 连接被
      连接超时 | 网络 | 網路 | 無法連接 | 接続 | 応答がありません | 연결
    `),
  ],
  [
    'refused-by-recipient',
    words(`
      vom empfänger | par le destinataire | por el destinatario | dal destinatario
      pelo destinatário | door de ontvanger | получателем | 收件人拒 | 被收件人 | 收件人设置
      对方拒收 | 对方拒绝 | 拒收 | 拒信 | 受信拒否 | 受信者 | 受け取りを拒否 | 指定受信
      ドメイン指定 | 수신거부 | 수신 거부
    `),
  ],
  [
    'policy',
    words(`
      nicht zulässig | nicht berechtigt | keine berechtigung | nicht erlaubt | nicht autorisiert
      abgelehnt | abgewiesen | verweigert | richtlinie | zurückgewiesen | non autorisé
      pas autorisé | refus | rejet | stratégie | service refuse | interdit | no permitid
      no autorizad | rechazad | denegad | política | no tiene permiso | permiso | rifiutat
      respint | non autorizzat | negat | autorizzazione | criter | recusad | rejeitad
      não autorizad | não tem permissão | permissão | geweigerd | niet toegestaan
      geen toestemming | afgewezen | avvis | nekad | behörighet | afvist | tillad | avslått
      tillatelse | hylkä | estetty | odrzucon | brak uprawnień | odmow | odmítn | zamítn
      oprávnění | elutasít | respins | permisiune | отклонен | отказан | запрещен | политик
      не разреш | разрешен | відхилен | reddedil | izin | απορρίφθηκε | δικαίωμα | נדחתה | הרשאה
      مرفوض | رفض | إذن | ถูกปฏิเสธ | từ chối | ditolak | 拒绝 | 拒絕 | 被退回 | 被拦截 | 拦截
      禁止 | 不允许 | 限制 | 没有权限 | 權限 | 策略 | 拒否 | 許可 | 権限 | ポリシー | 거부 | 권한
      정책 | 차단 | 허용되지
    `),
  ],
]

function words(text: string): readonly string[] {
  return text.split(/[|\n]/).flatMap((word) => word.trim() || [])
}
