import type { Words } from './phrases.ts'

export const ko: Words = {
  language: 'ko',
  readOnWeb: '웹에서 읽기',
  contents: '이번 호 차례',
  whyIssue: (newsletter) => [`${newsletter} 뉴스레터를 `, ' 주소로 구독하셔서 보내 드립니다.'],
  unsubscribe: '구독 해지',
  colon: ':',
  confirm: {
    subject: (newsletter) => `${newsletter} 구독을 확인해 주세요`,
    heading: '한 번만 누르면 됩니다',
    lead: (newsletter, address) =>
      `${newsletter} 뉴스레터를 ${address} 주소로 보내 달라는 신청이 있었습니다. 본인이 맞다면 확인해 주세요.`,
    button: '구독 확인',
    ifNotYou: (days) =>
      `신청하지 않으셨다면 그냥 두세요. 메일은 발송되지 않고, 링크는 ${days}일 뒤에 만료됩니다.`,
  },
  welcome: {
    subject: (newsletter) => `${newsletter} 구독을 환영합니다`,
    heading: '구독이 시작되었습니다',
    lead: (newsletter, address) => `이제 ${newsletter} 뉴스레터를 ${address} 주소로 보내 드립니다.`,
    next: (newsletter) => `다음 메일은 ${newsletter} 뉴스레터의 다음 호입니다.`,
    button: '지난 호 읽기',
  },
  test: {
    subject: (newsletter) => `${newsletter} 시험 메일`,
    heading: '잘 도착했습니다',
    lead: (newsletter) =>
      `${newsletter} 뉴스레터의 시험 메일입니다. 이 발신자의 메일은 잘 도착합니다.`,
  },
  stay: {
    subject: (newsletter) => `${newsletter} 뉴스레터를 계속 받으시겠어요?`,
    heading: '계속 보내 드릴까요?',
    lead: (newsletter, retires) => [
      `${newsletter} 뉴스레터를 한동안 보내 드렸는데, 아직 읽고 계신지 알 수 없습니다. 한 번만 눌러 알려 주세요.`,
      retires
        ? '답이 없으면 더는 메일을 보내지 않겠습니다.'
        : '이번 한 번만 여쭙니다. 더 받고 싶지 않으시면 아래 링크로 구독을 해지하실 수 있습니다.',
    ],
    button: '계속 받기',
  },
  orOpen: '또는 이 주소를 여세요:',
  whySystem: (newsletter) =>
    `${newsletter} 신청 양식에 이 주소가 입력되어 이 메일을 한 번만 보내 드립니다.`,
  whyNotice: (newsletter) => `${newsletter} 뉴스레터의 담당자이셔서 보내 드립니다.`,
}
