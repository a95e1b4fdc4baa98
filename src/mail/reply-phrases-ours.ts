import { any, type Phrases } from './reply-phrases.ts'

/** About us: who sends, from where, what and how much. */
export const OUR_FAULT: Phrases = [
  [
    'authentication',
    any(
      String.raw`\bspf\b(?! ?(?:=|:)? ?pass)`,
      String.raw`\bdkim\b`,
      String.raw`\bdmarc\b`,
      'sender policy framework',
      'unauthenticated (?:e?mail|sender|message)',
      'not authenticated(?: |$|\\.)',
      'authentication (?:checks?|requirements)',
      "does ?n[o’']t pass authentication",
      'sender (?:id|is not authenticated|authentication)',
      'mail_from_auth|mailfrom authentication',
      'not (?:designated|authori[sz]ed) (?:as )?(?:a )?(?:to send|sender|to use)',
      'arc (?:seal|validation)',
      'spoof(?:ed|ing)|forged|masquerad|invalid ip for sending',
    ),
  ],
  [
    'sender-dns',
    any(
      'reverse (?:dns|lookup|name|hostname|mapping|address)',
      String.raw`\b(?:reverse|forward|client|sender)[- ]?dns\b`,
      String.raw`\b(?:ptr|fcrdns|reverse-dns|rdns)\b`,
      '(?:missing|no|invalid|proper|valid) (?:your |the )?(?:reverse|dns (?:name|entr|record))|(?:find|resolve) your (?:reverse|ip|domain|host ?name|dns)',
      'client host (?:rejected: )?(?:cannot find|not found)',
      String.raw`\bh?e[h]?lo (?:command |name |argument )?(?:rejected|invalid|is|not|required|must|does|mismatch|refused|check|greeting)`,
      '(?:invalid|bad|forged|syntactically invalid|access denied.{0,20}) h?ehlo|(?:invalid|bad|bogus|dynamic) helo',
      "sender.{0,60}(?:domain|host).{0,40}(?:not (?:found|exist|resolv)|does ?n[o’']t (?:exist|resolve)|must (?:exist|resolve)|no (?:mx|a record|dns)|unresolvable|cannot be (?:found|resolved|verified))",
      '(?:domain|host) of (?:the )?sender.{0,60}(?:not|unknown|invalid|resol)',
      'unresolvable rfc',
      'domain must resolve|fix (?:your )?(?:reverse )?dns|dns (?:a|ptr|mx)[- ]?record.{0,30}(?:fail|missing|not found|sender)',
      'unknown sender(?: |$)domain|sender domain',
      'ip name lookup failed|ip address .{0,30}no (?:valid )?(?:hostname|name)',
      'no ptr|not (?:have|has) (?:a )?(?:valid )?(?:ptr|reverse)',
      'dynamic (?:ip|host|address)|generic (?:r?dns|ptr|host)|residential',
    ),
  ],
  [
    'sender',
    any(
      'sender (?:address )?(?:rejected|refused|denied|blocked|not (?:allowed|accepted|permitted)|is not (?:allowed|accepted|permitted)|verify fail|verification|unknown|blacklisted|invalid|is invalid)',
      '(?:invalid|bad|illegal|unauthori[sz]ed|unknown|unverified|null|blocked|banned) sender|sending domain (?:is )?(?:blocked|rejected|refused|denied)|envelope sender|badmailfrom|mail from must',
      '(?:address of|from|envelope) (?:the )?sender (?:is )?(?:reject|refus|invalid)',
      'mail from (?:address )?(?:is )?(?:not (?:allowed|accepted|permitted)|rejected|refused|denied)',
      'could not verify (?:the )?sender|verify the sender|callback|callout.{0,20}(?:fail|sender)',
      'return path (?:is )?(?:invalid|not valid|does)',
      'you are not (?:allowed|permitted|authori[sz]ed) to (?:send|post|use)|(?:are|is) not (?:a )?member|members? only|only (?:subscribers|members)|not (?:allowed|permitted) to post|non-?members?|restricted list|from this address',
      'valid from\\b|\\bfrom: ?domain|from (?:header|address|domain) (?:is|not|must)|do(?:es)? not have permission|have permission to (?:send|post)',
    ),
  ],
  [
    'recipient-rate',
    any(
      'receiving (?:mail|e-?mails?|messages) (?:too quickly|at a rate)',
      'user you are trying to (?:contact|reach).{0,40}(?:rate|quickly|limit)',
      'mailbox unavailable or access denied',
      '(?:recipient|mailbox|user|account).{0,30}(?:too many (?:messages|mails|deliveries)|message limit|hourly|rate limit)',
      'recipient (?:has )?exceeded.{0,20}(?:limit|rate)',
    ),
  ],
  // Says more than what it guards against.
  ['greylisted', /gr[ea]y-? ?list/],
  [
    'spam',
    any(
      'black ?listed (?:url|link|uri|word|content)|url ?black|(?:uri|sur)bl|(?:listed|blocked) (?:url|domain|link)s? in',
      '(?:message|mail|content|body|e-?mail|text)\\b.{0,60}(?:is |was |be |as |like |considered |classified |identified |detected |contains? |scored |contained )(?:to be |to |as )?(?:possible |possibly |probable |likely |suspected |unsolicited |be )?(?:spam|junk|bulk|uce|ube|unsolicited|suspicious)',
      'spam (?:content|message|mail|score|detected|filter|rules?|probability|check|identified|threshold|reject|engine|signature|like|assassin|fingerprint|or)',
      '(?:looks?|appears?|seems?|smells?|tastes?) (?:a lot |very )?(?:like|to be) (?:spam|junk|unsolicited|uce|ube)',
      'anti-?spam|spamassassin|spam-?|\\buce\\b|\\bube\\b|\\bspam\\b|spamming|unsolicited|junk ?mail|bulk (?:e-?)?mail',
      'mail content denied|content (?:was |is )?(?:rejected|denied|refused|blocked|not accepted)',
      'high (?:on )?(?:bayes|spam|score)|bayesian|rejected by (?:content|bayes|filter)',
      'blocked (?:as|for) (?:spam|junk)|dt:spm|\\bspm\\b',
      'likely suspicious|suspicious (?:content|message|mail)',
      'advertis|commercial (?:e-?)?mail|mass ?mail',
    ),
  ],
  [
    'virus',
    any(
      '(?:virus|malware|trojan|worm)(?:es)?(?! (?:free|scann(?:er|ing|ed)|check))',
      'infected|phishing|malicious|bad attachment|viral|clamav',
    ),
  ],
  [
    'reputation',
    any(
      '(?:low|poor|bad|negative|ip|sender|domain|server|its|your|score)\\b.{0,24}reputation|reputation (?:is|of|score|too|low|filter)|reputation',
      'block ?list|black ?list|blocklisted|bl(?:o|a)c?k-?list|deny ?list|(?<!not )listed (?:at|by|on)|(?<!not )listed in (?!.{0,20}director)|blacklisted',
      String.raw`\b(?:dns|r|dn|mx|x|s|c|p|sc)bl\b|rbl(?:dns)?|\brbl`,
      'spamhaus|spamcop|sorbs|uceprotect|barracuda(?:central| reputation)|invaluement|abuseat|senderscore|senderbase|mailspike|surriel|cloudmark|trustedsource|dnswl|backscatter',
      'blocked using|is blocked by|blocked by (?:ip|the|our) (?:list|reputation)',
      'unexpected volume or user complaints|user complaints|(?:user|excessive|spam) complaints|permanently deferred|messages from .{0,40}temporarily deferred|\\[(?:ts|tss|ip ?ts)\\d*\\]',
      'part of their network is on our|messages from .{0,60}weren.?t sent|banned (?:ip|host|sending)|access denied, banned',
      'new or untrusted ip|untrusted (?:ip|sender|host)|suspected spam ip|(?:ip|host|address|network|server|client) .{0,40}(?:is |was |has been |are )?(?:currently |temporarily |permanently )?(?:blocked|banned|blacklisted|barred)',
      'your (?:ip|host|server|network|mail server|domain|isp).{0,40}(?:blocked|banned|denied|rejected|not (?:allowed|permitted|welcome))',
      'blocked for (?:spam|abuse)|for abuse|source of (?:spam|abuse)|spam source|open (?:relay|proxy)|(?:s31\\d\\d|s775)',
      'not allowed to connect|connection (?:denied|refused|rejected) (?:by|due to) (?:policy|reputation)|hl:rep',
    ),
  ],
  [
    'rate',
    any(
      'too many (?!hops|received|recipients? unknown)(?:\\w+ ){0,4}?(?:connections?|messages?|mails?|e-?mails?|recipients?|errors?|sessions?|requests?|concurrent|invalid|unknown|bad|commands?|deliver|from)',
      'rate[- ]?limit|ratelimit|throttl|(?:frequency|speed) limit|frequency limited|excessive (?:rate|volume|connection|message)',
      '(?:hourly|daily|sending|outgoing|submission)\\b.{0,20}(?:quota|limit|rate)s? (?:has been |was |is |have been )?(?:exceed|reach|hit)',
      '(?:messages?|e-?mails?|mails?|recipients?|connection|your)\\b.{0,20}(?:limit|rate)s? (?:has been |was |is |have been )?(?:exceed|reach|hit)',
      'exceed(?:s|ed|ing)? (?:the |your |its |a )?(?:max(?:imum)? |allowed |allowable |daily |hourly |sending |number of |message )*(?:rate|connections?|messages? per|emails? per|recipients?|number of|daily|hourly|sending)',
      'unusual (?:rate|amount|volume)|volume of (?:e-?)?mail|sending too (?:fast|many|much)|slow down|too (?:fast|frequent)',
      'maximum (?:number of )?(?:concurrent )?(?:connections?|sessions?)|connection limit|concurrent connections|(?:mi|rp|hl):(?:stc|trc|rcl|frl|icc|ifc|itc|ccl|cel|drc|qrc)',
      'max(?:imum)? (?:number of )?(?:recipients|messages|emails)|recipients? limit|(?:daily|hourly) (?:quota|limit|message)',
      'number of (?:\\w+ ){0,3}(?:connections|messages|recipients|sessions)\\b(?! in\\b).{0,40}exceed|too much (?:e-?)?mail from|relay limit|max(?:imum)? messages? per connection|tenant has exceeded|login attempts',
      'defers? and failures per hour|exceeded the max(?:imum)? (?:emails|defers)|server busy|too busy|server is busy',
    ),
  ],
  [
    'greylisted',
    any(
      'temporarily (?:deferred|rejected|delayed|blocked|denied|refused)?.{0,30}(?:unknown|new|first|untried) (?:sender|triplet|connection|client|host)',
      'postgrey|milter-greylist|first (?:time|contact)|come back (?:later|in)|retry (?:later|in|after)? ?\\d* ?(?:sec|min)',
      'try again in \\d* ?(?:sec|min|hour)|please wait|not yet (?:authori[sz]ed|whitelisted)|tempor.{0,20}(?:triplet|whitelist)',
      'challenge|confirm (?:that )?your (?:message|identity)',
    ),
  ],
  // NetEase's own codes: the group says who is meant, and the first digit of the reply says nothing.
  ['authentication', /\bmi:(?:spf|dma)\b/],
  ['malformed', /\bmi:(?:nhd|imf)\b/],
  [
    'reputation',
    /\b(?:hl|wm|dt):[a-z]{3}\b|\((?:hvu|con|rly|rtr|dyn|cft):[a-z]\w?\)|black ?ip\b|\baup#|\brp-00\d|bounce attack/,
  ],
  ['rate', /\b(?:mi|rp):[a-z]{3}\b/],
  [
    'policy',
    any(
      '(?:local|security|administrative|our|company|site) polic(?:y|ies)|policy (?:violation|reason|restriction|rejection|reject)',
    ),
  ],
]
