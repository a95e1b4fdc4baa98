/** What our mails say around an issue. `{}` never appears: each phrase is a function of what it names. */
export type Words = {
  /** BCP 47, of these words. */
  language: string
  readOnWeb: string
  contents: string
  /** The parts before and after the address, which is a hole. */
  whyIssue: (newsletter: string) => readonly [before: string, after: string]
  unsubscribe: string
  /** After a label. */
  colon: string
  confirm: {
    subject: (newsletter: string) => string
    heading: string
    lead: (newsletter: string, address: string) => string
    button: string
    ifNotYou: (days: number) => string
  }
  welcome: {
    subject: (newsletter: string) => string
    heading: string
    lead: (newsletter: string, address: string) => string
    next: (newsletter: string) => string
    button: string
  }
  test: {
    subject: (newsletter: string) => string
    heading: string
    lead: (newsletter: string) => string
  }
  stay: {
    subject: (newsletter: string) => string
    heading: string
    lead: (newsletter: string, retires: boolean) => string[]
    button: string
  }
  orOpen: string
  whySystem: (newsletter: string) => string
  whyNotice: (newsletter: string) => string
}

const en: Words = {
  language: 'en',
  readOnWeb: 'Read on the web',
  contents: 'In this issue',
  whyIssue: (newsletter) => [`You receive ${newsletter} because you subscribed to it with `, '.'],
  unsubscribe: 'Unsubscribe',
  colon: ':',
  confirm: {
    subject: (newsletter) => `Confirm your subscription to ${newsletter}`,
    heading: 'One click, and you are in',
    lead: (newsletter, address) =>
      `Somebody, hopefully you, asked that ${newsletter} be mailed to ${address}. Please confirm it.`,
    button: 'Confirm the subscription',
    ifNotYou: (days) =>
      `Was it not you? Then do nothing: nothing will be mailed, and the link expires in ${days === 1 ? 'a day' : `${days} days`}.`,
  },
  welcome: {
    subject: (newsletter) => `Welcome to ${newsletter}`,
    heading: 'You are subscribed',
    lead: (newsletter, address) => `${newsletter} will come to ${address} from now on.`,
    next: (newsletter) => `The next mail from us is the next issue of ${newsletter}.`,
    button: 'Read past issues',
  },
  test: {
    subject: (newsletter) => `A test mail from ${newsletter}`,
    heading: 'It works',
    lead: (newsletter) => `This is a test mail of ${newsletter}: mail from this sender arrives.`,
  },
  stay: {
    subject: (newsletter) => `Do you still want ${newsletter}?`,
    heading: 'Shall it keep coming?',
    lead: (newsletter, retires) => [
      `${newsletter} has come to you for a while, and we do not know whether you still read it. One click says that you do.`,
      retires
        ? `If we hear nothing, we will stop mailing you.`
        : `We ask this once. If you would rather not have it, the link below takes you off.`,
    ],
    button: 'Keep it coming',
  },
  orOpen: 'Or open this address:',
  whySystem: (newsletter) =>
    `You receive this one mail because your address was entered in the form of ${newsletter}.`,
  whyNotice: (newsletter) => `You receive this because you look after ${newsletter}.`,
}

const zh: Words = {
  language: 'zh-CN',
  readOnWeb: '在网页上阅读',
  contents: '本期目录',
  whyIssue: (newsletter) => [`您收到《${newsletter}》，是因为您用 `, ' 订阅了它。'],
  unsubscribe: '退订',
  colon: '：',
  confirm: {
    subject: (newsletter) => `请确认订阅《${newsletter}》`,
    heading: '只差一步',
    lead: (newsletter, address) =>
      `有人（希望是您本人）申请把《${newsletter}》寄到 ${address}。请确认这次订阅。`,
    button: '确认订阅',
    ifNotYou: (days) =>
      `如果不是您本人，请不必理会：我们不会寄出任何邮件，链接会在 ${days} 天后失效。`,
  },
  welcome: {
    subject: (newsletter) => `欢迎订阅《${newsletter}》`,
    heading: '订阅成功',
    lead: (newsletter, address) => `从现在起，《${newsletter}》会寄到 ${address}。`,
    next: (newsletter) => `下一封来信就是《${newsletter}》的下一期。`,
    button: '阅读往期',
  },
  test: {
    subject: (newsletter) => `《${newsletter}》测试邮件`,
    heading: '发送成功',
    lead: (newsletter) => `这是《${newsletter}》的一封测试邮件：从这个地址寄出的邮件可以送达。`,
  },
  stay: {
    subject: (newsletter) => `您还想继续收到《${newsletter}》吗？`,
    heading: '还要继续寄给您吗？',
    lead: (newsletter, retires) => [
      `《${newsletter}》已经寄给您一段时间了，我们不知道您是否还在阅读。点一下即可告诉我们。`,
      retires
        ? '如果没有收到您的回应，我们将不再给您寄信。'
        : '我们只问这一次。如果您不想再收到，请点下方的退订链接。',
    ],
    button: '继续订阅',
  },
  orOpen: '也可以直接打开这个地址：',
  whySystem: (newsletter) =>
    `您收到这封邮件，是因为有人在《${newsletter}》的订阅页面填写了您的地址。`,
  whyNotice: (newsletter) => `您收到这封邮件，是因为您负责《${newsletter}》。`,
}

/** Chinese for any `zh`, else English. */
export function wordsFor(language: string): Words {
  return /^zh\b/i.test(language) ? zh : en
}
