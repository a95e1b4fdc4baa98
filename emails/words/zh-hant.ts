import type { Words } from './phrases.ts'

export const zhHant: Words = {
  language: 'zh-TW',
  readOnWeb: '在網頁上閱讀',
  contents: '本期目錄',
  whyIssue: (newsletter) => [`您收到《${newsletter}》，是因為您用 `, ' 訂閱了它。'],
  unsubscribe: '取消訂閱',
  colon: '：',
  confirm: {
    subject: (newsletter) => `請確認訂閱《${newsletter}》`,
    heading: '只差一步',
    lead: (newsletter, address) =>
      `有人（希望是您本人）申請把《${newsletter}》寄到 ${address}。請確認這次訂閱。`,
    button: '確認訂閱',
    ifNotYou: (days) =>
      `如果不是您本人，請不必理會：我們不會寄出任何郵件，連結會在 ${days} 天後失效。`,
  },
  welcome: {
    subject: (newsletter) => `歡迎訂閱《${newsletter}》`,
    heading: '訂閱成功',
    lead: (newsletter, address) => `從現在起，《${newsletter}》會寄到 ${address}。`,
    next: (newsletter) => `下一封來信就是《${newsletter}》的下一期。`,
    button: '閱讀往期',
  },
  test: {
    subject: (newsletter) => `《${newsletter}》測試郵件`,
    heading: '寄送成功',
    lead: (newsletter) => `這是《${newsletter}》的一封測試郵件：從這個地址寄出的郵件可以送達。`,
  },
  stay: {
    subject: (newsletter) => `您還想繼續收到《${newsletter}》嗎？`,
    heading: '還要繼續寄給您嗎？',
    lead: (newsletter, retires) => [
      `《${newsletter}》已經寄給您一段時間了，我們不知道您是否還在閱讀。點一下即可告訴我們。`,
      retires
        ? '如果沒有收到您的回應，我們將不再給您寄信。'
        : '我們只問這一次。如果您不想再收到，請點下方的取消訂閱連結。',
    ],
    button: '繼續訂閱',
  },
  orOpen: '也可以直接打開這個網址：',
  whySystem: (newsletter) =>
    `您收到這封郵件，是因為有人在《${newsletter}》的訂閱頁面填寫了您的地址。`,
  whyNotice: (newsletter) => `您收到這封郵件，是因為您負責《${newsletter}》。`,
}
