import type { Words } from './phrases.ts'

export const ja: Words = {
  language: 'ja',
  readOnWeb: 'ウェブで読む',
  contents: '今号の目次',
  whyIssue: (newsletter) => [
    `「${newsletter}」は、`,
    ' で購読を申し込まれた方にお送りしています。',
  ],
  unsubscribe: '配信を停止する',
  colon: '：',
  confirm: {
    subject: (newsletter) => `「${newsletter}」の購読をご確認ください`,
    heading: 'あと一回のクリックで完了です',
    lead: (newsletter, address) =>
      `「${newsletter}」を ${address} に配信するお申し込みがありました。ご本人でしたら、ご確認をお願いします。`,
    button: '購読を確認する',
    ifNotYou: (days) =>
      `お心当たりがない場合は、何もなさらないでください。メールは配信されず、リンクは ${days} 日で無効になります。`,
  },
  welcome: {
    subject: (newsletter) => `「${newsletter}」へようこそ`,
    heading: '購読を受け付けました',
    lead: (newsletter, address) => `これから「${newsletter}」を ${address} にお届けします。`,
    next: (newsletter) => `次にお届けするメールは、「${newsletter}」の次号です。`,
    button: 'これまでの号を読む',
  },
  test: {
    subject: (newsletter) => `「${newsletter}」のテストメール`,
    heading: '届きました',
    lead: (newsletter) =>
      `これは「${newsletter}」のテストメールです。この差出人からのメールは届いています。`,
  },
  stay: {
    subject: (newsletter) => `「${newsletter}」の配信を続けますか`,
    heading: 'これからもお届けしますか',
    lead: (newsletter, retires) => [
      `「${newsletter}」をしばらくお届けしてきましたが、お読みいただけているか分かりません。一回のクリックでお知らせください。`,
      retires
        ? 'お返事がない場合は、配信を停止します。'
        : 'お尋ねするのは今回だけです。ご不要でしたら、下のリンクから配信を停止できます。',
    ],
    button: '配信を続ける',
  },
  orOpen: 'または、このアドレスを開いてください：',
  whySystem: (newsletter) =>
    `「${newsletter}」のフォームにこのアドレスが入力されたため、このメールを一通だけお送りしています。`,
  whyNotice: (newsletter) => `「${newsletter}」の担当者の方にお送りしています。`,
}
