import type { Words } from './phrases.ts'

export const zh: Words = {
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
