import { any, type Phrases } from './reply-phrases.ts'

/** The address, by all its names. */
const WHO =
  '(?:users?|recipients?|mail ?box(?:es)?|address(?:es)?|e-?mail address(?:es)?|accounts?|addressees?|inbox|alias|local[ -]?part|user ?name|login|maildrop|mail drop|rcpt|user ?id|receiver|members?|subscribers?|customers?|person|recipient name)'
/** What may stand between it and what is said of it: the address itself, quoted or not, or a relative clause. */
const ITSELF =
  '(?: (?:name|address|account|id|e-?mail|specified|entered|given|you entered|you specified|you have entered|you sent to|that you tried to reach|of this message|of this domain))?(?:[ :]+(?:"[^"]{0,80}"|\'[^\']{0,80}\'|<a>|\\([^)]{0,80}\\)|<[^>]{0,80}>|\\[[^\\]]{0,80}\\]|[\\w.+-]{1,60}))?'
const IS_NOT =
  '(?:[ ,:;-]+|\\.\\.\\. ?)(?:is |was |are |were |has |have |could |can |does |do |did |appears? to be |seems to be |apparently |currently )*(?:be |been )?(?:unknown|not (?:be )?(?:found|known|exist|valid|listed|recogni[sz]ed|a valid|a known|a registered|have an? \\w*|registered|defined|here|deliverable|a mailbox)|n.?t (?:be found|found|exist|listed|known|recogni[sz]ed|a valid|a known|a registered|have an? \\w*|match)|no longer (?:exist|valid|available|active|in use|with|works?|here|being)|non.?existent|nonexist|invalid|incorrect|undeliverable|unrecogni[sz]ed|unavailable$|ambiguous|terminated|deleted|removed)'
const NO_SUCH =
  '(?:unknown|invalid|no such|non.?existent|non.?existing|unrecogni[sz]ed|incorrect|undeliverable|not a valid|not a known|no valid|isn.?t a valid|is not a valid|unable to find|cannot find|can.?t find|couldn.?t find|could not find|bad|no|wrong|deleted|obsolete) (?:the |a |an |this |such |any |our |your |that |matching |local |mail |e-?mail |final |delivery |destination |remote |virtual )*'

/** About the address: nobody is there, and nobody will be. */
export const DEAD_ADDRESS: Phrases = [
  [
    'moved',
    any(
      '(?:user|recipient|account|address|mailbox|subscriber|person|he|she|employee|he/she|they)\\b.{0,40}(?:has |have |was )(?:permanently )?(?:moved|changed (?:address|e-?mail|his|her|their)|been (?:moved|replaced))(?! temporarily)',
      'moved to (?:another|a new|<a>|please)|(?:their|his|her|the) new (?:e-?mail )?address|address (?:has )?changed|user not local; please try|has been replaced by|has moved|user moved|mailbox moved',
    ),
  ],
  [
    'accepts-no-mail',
    any(
      'null ?mx|record indicated no smtp service|type=mx: malformed or unexpected name server reply|(?:domain|host|recipient|address|machine|site|system|server|mailbox)s? (?:<a> )?(?:does ?n.?t|does not|do not|don.?t|never|will not|no longer) (?:accept|receive|take|handle)s? (?:any )?(?:e-?)?mail(?! (?:from|for|to|host))|no longer accepts mail|mail receiving disabled|not able to (?:accept|receive) (?:e-?)?mail|does not receive mail|smtp protocol (?:is )?not (?:supported|enabled)|not a mail (?:server|host|exchanger)|find a mail exchanger|no mail exchanger(?! (?:is )?(?:respond|answer|avail|reach))|domain has no mail',
    ),
  ],
  [
    'unknown-host',
    any(
      '(?:domain|host|hostname|host ?name|destination|mail ?server)s?\\b(?: name| part| or service| server)?(?:[ :]+(?:<a>|"[^"]{0,80}"|\'[^\']{0,80}\'|\\S{1,80}))? (?:could ?n.?t be |could not be |cannot be |can.?t be |is |was |does |do )?(?:an? )?(?:unknown(?! (?:error|reason))|not (?:be )?(?:found|known|exist|valid|resolve)|n.?t (?:found|exist|resolve)|non.?existent|invalid|unresolvable|unrecognized)|destination server for this recipient could not be found',
      '(?:unknown|invalid|no such|non.?existent|unrecognized|unrouteable|unroutable|unresolvable|cannot find|cannot resolve|can.?t find|could ?n.?t find(?: any)?|unable to find|bad destination) (?:the |a |any |your |mail |e-?mail |recipient.?s? |remote |destination |mx |target )*(?:domain|host|hostname|system|site)\\b(?! (?:or )?(?:user|mailbox|in header|sender))',
      "domain is ?n[o’']t reachable|unrouteable(?: mail)? (?:address|domain)|unroutable|nxdomain|illegal host/domain name found|host or domain name (?:is )?(?:not found|not resolve)|no (?:mx|a|mail) (?:or a |or mx |host |server )*(?:records?|entry|exist|found)|no mx\\b|no host\\b|domain (?:name )?(?:does ?n.?t|does not) exist|recipient.?s? domain.{0,30}(?:not|unknown|invalid)|domain (?:is )?(?:not registered|not in use)|name or service not known|(?:un|not |n.t )able to find the recipient.?s? domain|dns name not found|mx records? point to non.?existent|no valid (?:hosts|mx)|dns domain.{0,80}not exist|all hosts in dns.{0,40}invalid",
    ),
  ],
  [
    'unknown-user',
    any(
      `${WHO}${ITSELF}${IS_NOT}`,
      `${NO_SUCH}(?:users?|recipients?|mail ?box|address(?:ee)?|accounts?|inbox|alias|local ?part|user ?name|rcpt|member|mail drop|subscriber|person|customer|mailing list)\\b(?!.{0,30}(?:sender|reputation|is full|disab|susp))`,
      '(?:^|: )[ ]?<a>:? (?:is )?(?:unknown|not found)(?: here)?(?:$|[.;,|)])|not be resolved to a|user ?unknown|unknown ?user|no ?such ?user|nosuchuser|(?:unknown|illegal|invalid|bad) or (?:unknown|illegal|invalid|bad|inactive|nonexistent) (?:user|alias|address|recipient|mail ?box|account)|unknown local.?part|illegal alias|(?:recipient|address|mailbox|user)(?: name)? (?:is )?unknown|recipient ?unknown|<a> recipient rejected|mailbox (?:<a> )?(?:unavailable|not available)(?!.{0,40}(?:access denied|temporar|later))|recipient address rejected: (?:access denied\\.? ?(?:as\\(|\\[)|un|user|no|invalid|recipient|address|mailbox)|(?<!recipient )address rejected\\b|not an? (?:active|existing|known|local|valid) (?:address|user|mailbox|account|recipient)|invalid \\w+ user ?name|recip(?:ient)?notfound|resolver\\.adr\\.(?!ambig)|no mailbox here|unknown in (?:virtual|local|relay)|(?:virtual|local|relay) (?:mailbox|recipient|alias) table|not our (?:customer|user)|no longer on (?:this |the |our )?server|not listed in|recipient name is not recogni[sz]ed|this user does|account (?:has been |that .{0,30})?(?:disabled or discontinued|does not exist|deleted)|no account (?:by|for|with|here)|left the (?:company|organi[sz]ation)|no longer (?:employed|works? |with (?:the|us|our)|a (?:member|customer))|nobody (?:here|by)|dd (?:this user|sorry)|do(?:es)?n.?t exist|dosn.?t exist|there is (?:no one|nobody|no-one|no user|no mailbox|no person)|(?:does not|doesn.?t) (?:host|have) (?:a |any )?(?:mailbox|user|account)|(?:user|recipient|mail ?box|account|address)\\b.{0,40}(?:couldn.?t be|wasn.?t|isn.?t) found|account not available(?! for)(?!.{0,60}inactive)|does not exist|not exist|who are you looking for|not a (?:known|local) (?:user|mailbox)|address (?:could ?n.?t|could not|cannot) be found|(?:wasn.?t|was not|could ?n.?t be) found at|verify the (?:e-?mail )?address|not (?:found|known|listed) (?:at|in|on) (?:this |the |our )?(?:host|server|domain|directory|system|site)|unknown (?:e-?mail|address)|inactive email address|not in (?:the |our )?(?:directory|address book|database)|user id not found|has been (?:deleted|removed)|mailbox not found|(?:user|mailbox|account|recipient|address) (?:has been )?(?:deleted|removed)|invalid final delivery|smtp address lookup',
    ),
  ],
]
