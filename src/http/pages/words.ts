/** What readers' pages say. Every phrase that names something is a function of it. */
export type PageWords = {
  /** Of these words. */
  language: 'en' | 'zh-CN'
  foot: string
  /** Before an error, so that it is not told by colour alone. */
  problem: string
  home: { title: string; lead: string; none: string; noneNext: string }
  form: {
    heading: (newsletter: string) => string
    label: string
    button: string
    /** The wording of the consent: stored as it was shown. */
    consent: (newsletter: string) => string
    trap: string
  }
  errors: {
    top: string
    topNext: string
    empty: string
    badAddress: string
    limited: (minutes: number) => string
    limitedNext: string
  }
  asked: {
    heading: string
    lead: (address: string, sender: string) => string
    next: string
    nothing: string
  }
  confirm: {
    heading: (newsletter: string) => string
    lead: (newsletter: string, address: string) => string
    button: string
    /** Stored with the confirmation. */
    consent: (newsletter: string) => string
    doneHeading: string
    doneLead: (newsletter: string, address: string) => string
    already: (newsletter: string) => string
    expiredHeading: string
    expiredLead: (days: number) => string
    expiredNext: string
  }
  /** To a reader who is subscribed. */
  stay: {
    heading: (newsletter: string) => string
    lead: (newsletter: string, address: string) => string
    button: string
    /** Stored with the answer. */
    consent: (newsletter: string) => string
    doneHeading: string
    doneLead: (newsletter: string, address: string) => string
  }
  unsubscribe: {
    heading: (newsletter: string) => string
    lead: (newsletter: string, address: string) => string
    button: string
    doneHeading: (newsletter: string) => string
    doneLead: string
    already: string
    mistake: string
    nothingHeading: string
    nothingLead: string
  }
  archive: {
    heading: string
    none: string
    subscribe: (newsletter: string) => string
    all: (newsletter: string) => string
  }
  problems: Record<
    'not-found' | 'bad-link' | 'not-sent' | 'too-large' | 'unavailable' | 'failed',
    { heading: string; lead: string }
  >
  toNewsletter: (newsletter: string) => string
  toHome: string
  again: string
}

const en: PageWords = {
  language: 'en',
  foot: 'Delivered by Postrider',
  problem: 'Problem: ',
  home: {
    title: 'Newsletters',
    lead: 'Choose one to read its past issues or to have it mailed to you.',
    none: 'There is no newsletter here yet.',
    noneNext: 'It will stand here as soon as there is one.',
  },
  form: {
    heading: (newsletter) => `Subscribe to ${newsletter}`,
    label: 'Your email address',
    button: 'Subscribe',
    consent: (newsletter) =>
      `You will receive ${newsletter} by email until you leave, which takes one click in any of its mails. We first send you one mail to confirm.`,
    trap: 'Leave this field empty',
  },
  errors: {
    top: 'You are not subscribed yet.',
    topNext: 'Please mend the address below and try again.',
    empty: 'Enter your email address.',
    badAddress: 'This is no email address. It should look like name@example.com.',
    limited: (minutes) =>
      `Too many subscriptions were asked for from your network. Please try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`,
    limitedNext: 'Nothing was sent, and the address below was kept.',
  },
  asked: {
    heading: 'Check your inbox',
    lead: (address, sender) =>
      `A mail to ${address} is on its way. It comes from ${sender}, within a minute or two.`,
    next: 'Open the link in it to confirm. Until you do, nothing else is sent.',
    nothing:
      'Nothing there? Look into the spam folder, and ask again after an hour. Who is subscribed already gets no mail: there is nothing to confirm.',
  },
  confirm: {
    heading: (newsletter) => `Confirm your subscription to ${newsletter}`,
    lead: (newsletter, address) => `${newsletter} will be mailed to ${address}.`,
    button: 'Confirm the subscription',
    consent: (newsletter) =>
      `By confirming you agree to receive ${newsletter} by email until you leave, which takes one click in any of its mails.`,
    doneHeading: 'You are subscribed',
    doneLead: (newsletter, address) =>
      `The next issue of ${newsletter} comes to ${address}. A mail that welcomes you is on its way.`,
    already: (newsletter) =>
      `You were subscribed to ${newsletter} already. There is nothing to do.`,
    expiredHeading: 'This link works no more',
    expiredLead: (days) =>
      `It was used, replaced by a newer one, or is older than ${days} days. Nothing was changed.`,
    expiredNext: 'Subscribe again, and a new link comes to you.',
  },
  stay: {
    heading: (newsletter) => `Keep ${newsletter} coming?`,
    lead: (newsletter, address) => `${newsletter} is mailed to ${address}.`,
    button: 'Keep it coming',
    consent: (newsletter) =>
      `By this you say that the address works and that you want to go on receiving ${newsletter}.`,
    doneHeading: 'Thank you, it keeps coming',
    doneLead: (newsletter, address) => `${newsletter} goes on coming to ${address}.`,
  },
  unsubscribe: {
    heading: (newsletter) => `Leave ${newsletter}?`,
    lead: (newsletter, address) => `${newsletter} will no longer be mailed to ${address}.`,
    button: 'Unsubscribe',
    doneHeading: (newsletter) => `You have left ${newsletter}`,
    doneLead: 'It holds from now on. At most a message that was just being sent still arrives.',
    already: 'You had left before. There is nothing to do.',
    mistake: 'A mistake? Subscribe again',
    nothingHeading: 'There is nothing to do',
    nothingLead:
      'No subscription belongs to this link any more, so nothing is mailed because of it.',
  },
  archive: {
    heading: 'Past issues',
    none: 'No issue has been sent yet. The first one will stand here.',
    subscribe: (newsletter) => `Subscribe to ${newsletter}`,
    all: (newsletter) => `All issues of ${newsletter}`,
  },
  problems: {
    'not-found': {
      heading: 'There is nothing here',
      lead: 'The address may have been mistyped, or the page has moved.',
    },
    'bad-link': {
      heading: 'This link is not whole',
      lead: 'A mail program may have cut it. Go back to the mail and open the link there, or copy all of it.',
    },
    'not-sent': {
      heading: 'There is no such issue',
      lead: 'The address may have been mistyped, or the issue has not been sent yet.',
    },
    'too-large': {
      heading: 'That was too much',
      lead: 'The form sent more than an address. Nothing was changed.',
    },
    unavailable: {
      heading: 'We cannot do this right now',
      lead: 'Our database does not answer, so nothing was changed. Please try again in a minute.',
    },
    failed: {
      heading: 'Something went wrong here',
      lead: 'The fault is ours, and it has been noted. Please try again later.',
    },
  },
  toNewsletter: (newsletter) => `To ${newsletter}`,
  toHome: 'To the newsletters',
  again: 'Try again',
}

const zh: PageWords = {
  language: 'zh-CN',
  foot: '由 Postrider 投递',
  problem: '出错：',
  home: {
    title: '邮件通讯',
    lead: '选择一份，阅读往期，或订阅到您的邮箱。',
    none: '这里还没有邮件通讯。',
    noneNext: '创建之后会显示在这里。',
  },
  form: {
    heading: (newsletter) => `订阅《${newsletter}》`,
    label: '您的邮箱地址',
    button: '订阅',
    consent: (newsletter) =>
      `您将通过邮件收到《${newsletter}》，直到您退订为止；每封邮件里都可以一键退订。我们会先寄一封确认邮件。`,
    trap: '请勿填写此栏',
  },
  errors: {
    top: '还没有订阅成功。',
    topNext: '请修改下面的地址后重试。',
    empty: '请填写您的邮箱地址。',
    badAddress: '这不是有效的邮箱地址，格式应如 name@example.com。',
    limited: (minutes) => `来自您所在网络的订阅申请过多，请在 ${minutes} 分钟后重试。`,
    limitedNext: '没有寄出任何邮件，您填写的地址已保留。',
  },
  asked: {
    heading: '请查收邮件',
    lead: (address, sender) => `一封邮件正在寄往 ${address}，发件人是 ${sender}，一两分钟内到达。`,
    next: '请打开邮件里的链接确认订阅。确认之前，我们不会寄出其他邮件。',
    nothing:
      '没有收到？请看看垃圾邮件文件夹，一小时后可以再次申请。已经订阅的读者不会收到确认邮件。',
  },
  confirm: {
    heading: (newsletter) => `确认订阅《${newsletter}》`,
    lead: (newsletter, address) => `《${newsletter}》将寄到 ${address}。`,
    button: '确认订阅',
    consent: (newsletter) =>
      `点击确认，即表示您同意通过邮件接收《${newsletter}》，直到您退订为止；每封邮件里都可以一键退订。`,
    doneHeading: '订阅成功',
    doneLead: (newsletter, address) =>
      `《${newsletter}》的下一期会寄到 ${address}。一封欢迎邮件正在路上。`,
    already: (newsletter) => `您已经订阅了《${newsletter}》，无需再做任何事。`,
    expiredHeading: '这个链接已经失效',
    expiredLead: (days) => `它已被使用、被更新的链接取代，或已超过 ${days} 天。没有做任何更改。`,
    expiredNext: '请重新订阅，我们会寄给您新的链接。',
  },
  stay: {
    heading: (newsletter) => `继续收到《${newsletter}》？`,
    lead: (newsletter, address) => `《${newsletter}》会寄到 ${address}。`,
    button: '继续订阅',
    consent: (newsletter) => `点击即表示这个地址可以收信，您愿意继续收到《${newsletter}》。`,
    doneHeading: '谢谢，我们会继续寄给您',
    doneLead: (newsletter, address) => `《${newsletter}》会继续寄到 ${address}。`,
  },
  unsubscribe: {
    heading: (newsletter) => `退订《${newsletter}》？`,
    lead: (newsletter, address) => `《${newsletter}》将不再寄到 ${address}。`,
    button: '退订',
    doneHeading: (newsletter) => `您已退订《${newsletter}》`,
    doneLead: '退订立即生效。最多只有一封正在寄出的邮件仍会到达。',
    already: '您之前已经退订，无需再做任何事。',
    mistake: '点错了？重新订阅',
    nothingHeading: '无需任何操作',
    nothingLead: '这个链接已没有对应的订阅，不会再因此寄出邮件。',
  },
  archive: {
    heading: '往期',
    none: '还没有寄出任何一期。第一期会显示在这里。',
    subscribe: (newsletter) => `订阅《${newsletter}》`,
    all: (newsletter) => `《${newsletter}》全部往期`,
  },
  problems: {
    'not-found': { heading: '这里什么也没有', lead: '地址可能有误，或者页面已经移走。' },
    'bad-link': {
      heading: '这个链接不完整',
      lead: '它可能被邮件程序截断了。请回到邮件中打开链接，或完整地复制它。',
    },
    'not-sent': { heading: '没有这一期', lead: '地址可能有误，或者这一期还没有寄出。' },
    'too-large': {
      heading: '内容过多',
      lead: '表单提交的内容超出了一个邮箱地址。没有做任何更改。',
    },
    unavailable: {
      heading: '暂时无法处理',
      lead: '我们的数据库没有响应，因此没有做任何更改。请一分钟后重试。',
    },
    failed: { heading: '这里出了问题', lead: '这是我们的错误，已经记录下来。请稍后重试。' },
  },
  toNewsletter: (newsletter) => `前往《${newsletter}》`,
  toHome: '前往首页',
  again: '重试',
}

/** Chinese for any `zh`, else English. */
export function pageWords(language: string): PageWords {
  return /^zh\b/i.test(language) ? zh : en
}
