import { any, type Phrases } from './reply-phrases.ts'

/** About the mailbox and its server, and about mail that may pass another day. */
export const THEIR_TROUBLE: Phrases = [
  // Gone for good, where it also says "closed" or "terminated".
  [
    'unknown-user',
    /\b(?:account|mail ?box|user|address)\b(?: <a>)?[^.;|]{0,50}[.;]? ?(?:<a> )?(?:(?<!\bor )no longer exists?|(?:has been|was|is) (?:permanently )?deleted)/,
  ],
  [
    'network',
    any(
      'name service error.{0,120}try again|host not found, try again|temporary (?:lookup|name|dns)|lookup (?:timed|temporar)|name server.{0,30}(?:timeout|timed|retry)',
    ),
  ],
  [
    'too-large',
    /\b(?:message|e-?mail)(?: you sent)? (?:has |have )?exceed(?:ed|s) .{0,40}message size/,
  ],
  [
    'mailbox-full',
    any(
      '(?:user )?mailbox exceeds allowed size|mailbox size (?:limit )?(?:is |was |has been )?exceeded|(?:mail ?box|inbox|mail ?folder|mail ?drop|mail ?store|account|user|recipient|maildir|mail file|postbox|storage|destination).{0,40}(?:is |was |are |has been |become )?(?:almost |currently |temporarily )?(?:full|over ?flow|out of (?:storage )?space|over (?:the |its |it.s |his |her |their )?(?:\\w+ )?(?:quota|limit|storage|size|capacity)|too (?:large|big|full)|at (?:its )?(?:limit|capacity|maximum))',
      '(?:mail ?box|inbox|recipient|user|account|disk|storage|mail|space|maildir|maildrop|over|message) ?(?:has |would |is |have )?(?:been )?(?:over ?)?(?:exceed(?:ed|s|ing)?|be exceeded|reached|surpass).{0,40}(?:quota|(?:storage|space|size|mailbox|disk) ?(?:limit|allocat|allow|space)|limit on)',
      '(?:exceed(?:ed|s|ing)?|over|reached|violat|beyond|above|out of|past) (?:the |its |their |his |it.s |allowed |user.?s? |recipient.?s? |account |disk |mail ?box |storage |hard |soft )*(?:quota|storage (?:limit|allocation|space|capacity)|space limit|mailbox (?:limit|size|capacity)|disk space)',
      '(?:disk |mail ?box |user |storage |inbox |account |mail |message )?quota (?:is |was |has been |would be |limit |temporarily |)(?:exceed|full|over|reach|violat|exhaust)',
      '(?:disk|mail) ?quota|over ?quota|quotaexceeded|quota exceed|exceeds? .{0,20}quota|edquot',
      '(?:not enough|insufficient|no|lacks?|without|run out of|insufficent) (?:\\w+ ){0,3}?(?:storage|disk|space|room|quota|capacity)(?! left on device)',
      'mail ?box (?:for .{0,60})?(?:is |was )?(?:now )?full|(?:mail ?box|inbox) (?:has )?(?:exceeded |reached )?(?:the |its )?limit|full (?:mail ?box|inbox)|mailfolder is full|boxfull|mbox ?full|mailbox_full',
      'too much mail (?:data )?(?:in|for)|has too (?:much|many) (?:mail|messages)|mailbox size limit|storage (?:limit|quota)|user .{0,20}over (?:limit|storage)|as their mailbox is full|too full|overquota|(?:can.?t|cannot|can not|unable to) (?:take|hold|store|accept) (?:any )?more|(?:mail ?box|inbox) (?:is )?(?:stuffed|overloaded|overfull)|no space left|exceed(?:s|ed)? (?:the |its |his )?(?:allocated|allowed|assigned) (?:\\w+ )?(?:space|storage|quota|limit)',
    ),
  ],
  [
    'too-large',
    any(
      '(?:message|mail|e-?mail|attachment|header|data|content|size|body)s?\\b.{0,50}(?:too (?:large|big|great)|exceeds? .{0,40}(?:size|limit|maximum|length)|larger than|over ?size|bigger|size limit|over the (?:maximum )?size)',
      '(?:message|mail|e-?mail|fixed|maximum|max|file) ?size ?(?:is |was |has been )?(?:limit|exceed|too|larger|over|restriction|violation|not allowed|is larger)',
      'exceed(?:s|ed|ing)? (?:\\w+ ){0,5}?(?:message ?size|maximum size|size limit|file size|max(?:imum)? (?:message|size|mail)|message length|mailsize)',
      'too large|too big|sizelimit|message length exceeds|resolver\\.rst\\.(?:send|recip)sizelimit|routing\\.sizelimit|larger than the (?:current|maximum)',
      '(?:mailbox|message|mail) exceeds allowed size|max message size|over the size limit|size (?:of|restriction)',
    ),
  ],
  [
    'disabled',
    any(
      '(?:mail ?box|account|user|recipient|address|e-?mail|domain|inbox|service)\\b.{0,60}(?:is |was |has been |been |are |currently |temporarily |permanently )(?:\\w+ )?(?:disabled|suspended|inactive|inactivated|deactivated|locked|frozen|blocked|closed|expired|not active|on hold|terminated|dormant|restricted|cancel)',
      '(?!inactive email address)(?:disabled|suspended|inactive|deactivated|locked|frozen|blocked|expired|closed|dormant|cancell?ed) (?:\\w+ )?(?:mail ?box|account|user|recipient|address|inbox)',
      'account (?:disabled|suspended|inactive|locked|closed|expired|frozen|that you tried to reach is (?:disabled|inactive))|user (?:suspended|disabled|inactive|is locked|locked|frozen)|mailbox (?:disabled|inactive|frozen|locked|suspended|currently unavailable|is unavailable: )',
      'not active|not (?:yet )?activated|inactive (?:on this|for)|is a deactivated|recipient (?:suspended|disabled)|no longer active|(?:account|mail ?box|user|address|recipient) (?:is |was |has been )?(?:put |placed )?(?:on hold|read[- ]?only)|overdue|unpaid|temporarily (?:disabled|suspended)|recipnotsetup|on vacation hold',
    ),
  ],
]

/** What is left when neither the address nor we are named. */
export const LAST_WORDS: Phrases = [
  [
    'loop',
    any(
      '(?:mail|forward(?:ing)?|routing|delivery|message) (?:is )?loop|loops? (?:detected|back)|looping|too many (?:hops|received)|hop ?count|exceeded (?:the )?max(?:imum)? hop|hop limit|routing loop|points? back to|delivered-to: (?:header )?|original.{0,10}loop|storm',
    ),
  ],
  [
    'relaying',
    any(
      '(?:un(?:able|authori[sz]ed)|not (?:able|allowed|permitted|authori[sz]ed|configured)|do(?:es)? not|don.?t|won.?t|cannot|can.?t|refus\\w*|no|denied|prohibit\\w*|illegal|must (?:not )?) (?:to |you |for |attempt to )?(?:third.party )?(?:mail )?relay',
      'relay(?:ing|ed)?(?: mail| of mail)?(?: from| to| for| by| through)?(?: \\S+){0,6}? ?(?:is |was |not |access )?(?:denied|prohibited|refused|not (?:permitted|allowed|supported|available|possible)|disallowed|forbidden|restricted|unauthori[sz]ed|disabled|permission)',
      'relaying|relay (?:access|is|not|attempt|operation)|not (?:a |an )?(?:gateway|local domain|accept mail for this domain)|rcpthosts|locally.hosted|we do not (?:relay|handle mail for)|administrative prohibition.{0,40}relay|(?:domain|host|recipient).{0,30}(?:is )?not (?:hosted|served|handled|local)(?: here| by)?|not our (?:domain|customer)|local (?:users?|domains?) only',
    ),
  ],
  [
    'security',
    any(
      'starttls|\\btls\\b|\\bssl\\b|encrypt|certificate|authentication (?:is )?(?:required|needed|failed|failure|failed|unsuccessful)|must (?:first )?(?:authenticate|issue|login|log in)|smtp auth|requires? (?:smtp )?authentication|auth(?:enticate)? (?:first|required)|please (?:log ?in|authenticate)|log ?in first|pop before|credentials|password|\\bdane\\b|mta-sts|security (?:policy|problem|error|reason)|unauthenticated|resolver\\.rst\\.(?:restricted)?auth|authrequired|not.?authenticated|cryptograph|unencrypted',
    ),
  ],
  [
    'refused-by-recipient',
    any(
      '(?:recipient|user|addressee|he|she|customer)\\b(?: \\S+){0,4}? (?:has |have |does |do |did )?(?:refused?|rejects?|rejected|declined?|blocks?|blocked) (?:this|the|your|that|to|mail|messages?|e-?mails?|all|it|you)|(?:recipient|user|addressee|he|she|customer)\\b.{0,40}(?:does n.?t (?:want|wish|accept)|does not (?:want|wish|accept)|do(?:es)? not allow|has chosen not|has opted|unsubscrib|filter)',
      '(?:rejected|refused|blocked|denied|filtered|declined) by (?:the |a |this |its |their )?(?:recipient|user|addressee|owner|personal|individual|subscriber|customer|filter|rule|mail ?box|member)',
      'recipient preferences|user (?:reject|refus)|not (?:accepted|wanted) by (?:the )?(?:user|recipient)|personal (?:filter|blacklist|block)|in (?:the )?(?:recipient|user).?s? .{0,20}(?:block|black)|undesired|unwanted|not (?:wish|willing) to receive|not accepting (?:mail|messages) from (?:you|this sender)|mail filter|sieve|due to extended inactivity new mail is not currently|blocked by (?:filter|user)|apparently (?:he|she)|\\bunsubscribed\\b',
    ),
  ],
  [
    'malformed',
    any(
      'rfc ?-?\\d{3,4}|rfc compli|not (?:rfc|standards?).?compl|non.?compliant|(?:bad|missing|invalid|malformed|duplicate|multiple|illegal|improper|incorrect|no valid|unacceptable|too many|empty) (?:\\w+[ -]){0,2}?(?:headers?|mime|message-?id|date|from|line|subject|format|boundary|character|content-type|bare|encoding|command)|bare (?:lf|cr|newline|line)|line (?:is )?too long|syntax error|header (?:is |was )?(?:missing|invalid|error|not)|messages? (?:with|without|lack|missing|has no|format)|missing (?:from|to|date|message|required)|8.?bit|charset|utf-?8|smtputf8|unrecognized command|bad sequence|protocol error|command (?:unrecognized|not (?:recognized|implemented|supported))|unrecognized parameter|unparsable|nonconform|unqualified|conversion (?:required|not|is)|not in (?:a )?valid format|illegal (?:alias|host)|lone cr|media (?:not )?supported|violat\\w+ (?:of )?(?:rfc|standard)',
    ),
  ],
  [
    'content',
    any(
      'message (?:was )?(?:blocked|rejected|refused) (?:due to|because of|by) (?:its )?content|attachment|file ?type|\\.exe|executable|(?:prohibited|forbidden|banned|restricted|disallowed|not allowed|illegal|blocked|objectionable|offensive|inappropriate) (?:\\w+ )?(?:content|word|file|extension|phrase|url|link|text|language|subject|data)|content (?:not allowed|violat|restrict|polic|filter|is not)|contains? (?:\\w+ )?(?:prohibited|forbidden|banned|restricted|disallowed|invalid|illegal|url|link)|dlp|data loss|message (?:content )?(?:rejected|refused|blocked|denied|filtered|contain)|content[- ](?:reject|refus|block)|macro|password.protected|profan|objectional|content type|keyword',
    ),
  ],
  [
    'expired',
    any(
      '(?:delivery|message|mail|retry|queue|time|retries|attempt|period|delay).{0,50}(?:expired?|timed? ?-?out|exceeded|has been delayed|elapsed|giv(?:e|en|ing) up|not be retried)',
      'retry (?:time|timeout|limit)|could not be delivered (?:for|within|in)|(?:not|un)able to (?:be )?deliver(?:ed)? (?:it |the message |your message )?(?:for|within|after|in) \\d|(?:undelivered|undeliverable|queued|retr(?:y|ied)) (?:\\w+ ){0,4}?(?:for|after|until) (?:\\w+ ){0,3}?(?:\\d|days|hours)|too (?:old|long|many (?:times|attempts|retries))|queue (?:too|lifetime|time)|maximal queue|giving up|gave up|(?:timed|time) ?out|timeout|delay(?:ed)?|warning message only|will (?:be|keep|continue|attempt).{0,30}(?:retr|try)|still (?:trying|being)|not yet (?:been )?delivered|holding|lifetime|is taking longer|expired',
    ),
  ],
  [
    'network',
    any(
      "connection (?:was |is |has been )?(?:refused|reset|timed|closed|lost|dropped|failed|aborted|broken|died|terminated|error|to|with|could|attempt)|(?:lost|no|broken|bad|failed|dropped) connection|connect(?:ing)? (?:to|error|fail|timed?)|(?:not|un)(?:able)? ?(?:to )?connect|could ?n[o\\u2019']t connect|couldn.?t (?:find|establish|connect|resolve)|cannot connect|no route|network (?:is |was )?(?:unreachable|error|failure|problem|down)|(?:host|server|network|mx|mta|destination|domain) (?:\\w+ ){0,3}?(?:unreachable|not reachable|down|unresponsive|not respond|did not respond|not answer|did not accept|not accept|not available|offline)|not respond|no answer|socket|broken pipe|i/o error|read error|write error|operation timed|no mx|mx (?:lookup|record|host)|dns (?:error|fail|lookup|problem|server|soft|temp|query|timeout)|name (?:server|service|lookup).{0,30}(?:fail|error|timeout|timed|temporar|try)|name or service|lookup (?:fail|error|timed|timeout)|temporary (?:lookup|dns|name|resolution|failure in name)|resolution|ehostunreach|econn|etimedout|partial failure|unable to (?:establish|resolve|route|contact|reach)|no relay|bad dns|no servers? (?:could|available)|remote (?:host|server|mail).{0,30}(?:down|closed|not)|failed to connect|cname lookup|unreachable|reset by peer|lookups?",
    ),
  ],
  [
    'system-error',
    any(
      'system (?:is |was |has )?(?:full|error|fail|problem|resource|not (?:accepting|available|capable)|down|config|busy|storage|load|unavailable|incorrectly)|(?:local|internal|server|unknown|fatal|unexpected|other|general|protocol|configuration|software|database|program|application|filesystem|file system|disk|i/o|ldap|mysql|sql|queue|resource|temporary|delivery) (?:\\w+ ){0,2}?(?:error|failure|problem|fault|exception|unavailable)|no space left|out of (?:memory|disk|resources)|cannot (?:open|create|write|append|lock|allocate|fork|exec|chdir|update|access|store|save)|can.?t (?:open|create|write|append|lock|exec|access|update)|(?:un|not )able to (?:open|create|write|append|lock|exec|access|store|save|process|queue|check)|permission denied|mailer (?:error|exit|fail|died|returned)|command (?:died|failed|output|line|exit)|exit(?:ed)? (?:status|code|with)|error writing|output file|(?:service|server|mailbox|system|resource)s? (?:is |are |was )?(?:currently |temporarily |not |un)+ ?(?:available|unavailable)|unavailable|temporar|deferred|maintenance|overload|high load|load average|insufficient (?:system|resource)|not (?:enough )?resources|unknown mailer|mail system|config|transport (?:error|is)|pipe (?:to|command)|procmail|maildrop|delivery agent|child|signal|core dump|\\block\\b|corrupt|backend|busy|crash|virtual memory|failed to (?:write|open|store|process)|processing|requested action aborted|delivery fail|try (?:again|later)|later|dead letter|misconfig|timed out waiting',
    ),
  ],
  [
    'policy',
    any(
      'polic(?:y|ies)|access (?:is |was )?denied|denied|not (?:allowed|permitted|authori[sz]ed|accepted|acceptable|welcome)|refused|rejected|blocked|prohibited|forbidden|administratively|administrative|restricted|banned|filter|violat|disallow|declined|unacceptable|admin(?:istrator)?|abuse|block|reject|bounced? (?:by|back)|access|rule',
    ),
  ],
]
