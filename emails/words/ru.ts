import type { Words } from './phrases.ts'

export const ru: Words = {
  language: 'ru',
  readOnWeb: 'Читать на сайте',
  contents: 'В этом выпуске',
  whyIssue: (newsletter) => [
    `Вы получаете рассылку «${newsletter}», потому что подписались на неё с адреса `,
    '.',
  ],
  unsubscribe: 'Отписаться',
  colon: ':',
  confirm: {
    subject: (newsletter) => `Подтвердите подписку на «${newsletter}»`,
    heading: 'Остался один шаг',
    lead: (newsletter, address) =>
      `Кто-то, надеемся, что вы, попросил присылать «${newsletter}» на адрес ${address}. Пожалуйста, подтвердите это.`,
    button: 'Подтвердить подписку',
    ifNotYou: (days) =>
      `Это были не вы? Тогда ничего не делайте: писем не будет, а ссылка перестанет действовать через ${days} дн.`,
  },
  welcome: {
    subject: (newsletter) => `Добро пожаловать: «${newsletter}»`,
    heading: 'Вы подписаны',
    lead: (newsletter, address) => `Теперь «${newsletter}» будет приходить на адрес ${address}.`,
    next: (newsletter) => `Следующее письмо от нас — следующий выпуск «${newsletter}».`,
    button: 'Читать прошлые выпуски',
  },
  test: {
    subject: (newsletter) => `Пробное письмо: «${newsletter}»`,
    heading: 'Всё работает',
    lead: (newsletter) =>
      `Это пробное письмо рассылки «${newsletter}»: письма от этого отправителя доходят.`,
  },
  stay: {
    subject: (newsletter) => `Присылать ли вам «${newsletter}» дальше?`,
    heading: 'Продолжать присылать?',
    lead: (newsletter, retires) => [
      `«${newsletter}» приходит вам уже какое-то время, и мы не знаем, читаете ли вы её. Одно нажатие скажет нам, что да.`,
      retires
        ? 'Если ответа не будет, мы перестанем вам писать.'
        : 'Мы спрашиваем один раз. Если рассылка вам больше не нужна, ссылка ниже отпишет вас.',
    ],
    button: 'Присылайте дальше',
  },
  orOpen: 'Или откройте этот адрес:',
  whySystem: (newsletter) =>
    `Вы получили это единственное письмо, потому что ваш адрес указали в форме рассылки «${newsletter}».`,
  whyNotice: (newsletter) => `Вы получили это письмо, потому что ведёте рассылку «${newsletter}».`,
}
