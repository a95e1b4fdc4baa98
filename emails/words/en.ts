import type { Words } from './phrases.ts'

export const en: Words = {
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
