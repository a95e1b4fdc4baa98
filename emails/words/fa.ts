import type { Words } from './phrases.ts'

export const fa: Words = {
  language: 'fa',
  readOnWeb: 'خواندن در وب',
  contents: 'در این شماره',
  whyIssue: (newsletter) => [
    `«${newsletter}» برای شما فرستاده شده است چون با نشانی `,
    ' مشترک آن شده‌اید.',
  ],
  unsubscribe: 'لغو اشتراک',
  colon: ':',
  confirm: {
    subject: (newsletter) => `اشتراک «${newsletter}» را تأیید کنید`,
    heading: 'تنها یک گام مانده است',
    lead: (newsletter, address) =>
      `کسی، امیدواریم خود شما، خواسته است که «${newsletter}» به نشانی ${address} فرستاده شود. لطفاً آن را تأیید کنید.`,
    button: 'تأیید اشتراک',
    ifNotYou: (days) =>
      `شما نبودید؟ پس کاری نکنید: چیزی فرستاده نمی‌شود و پیوند پس از ${days.toLocaleString('fa')} روز از کار می‌افتد.`,
  },
  welcome: {
    subject: (newsletter) => `به «${newsletter}» خوش آمدید`,
    heading: 'اشتراک شما فعال شد',
    lead: (newsletter, address) => `از این پس «${newsletter}» به نشانی ${address} می‌آید.`,
    next: (newsletter) => `نامهٔ بعدی ما شمارهٔ بعدی «${newsletter}» است.`,
    button: 'خواندن شماره‌های پیشین',
  },
  test: {
    subject: (newsletter) => `نامهٔ آزمایشی «${newsletter}»`,
    heading: 'کار می‌کند',
    lead: (newsletter) =>
      `این نامهٔ آزمایشی «${newsletter}» است: نامه‌های این فرستنده به مقصد می‌رسند.`,
  },
  stay: {
    subject: (newsletter) => `آیا هنوز «${newsletter}» را می‌خواهید؟`,
    heading: 'باز هم بفرستیم؟',
    lead: (newsletter, retires) => [
      `مدتی است که «${newsletter}» به دست شما می‌رسد و نمی‌دانیم که هنوز آن را می‌خوانید یا نه. با یک کلیک به ما بگویید.`,
      retires
        ? 'اگر خبری از شما نرسد، دیگر برایتان نامه نمی‌فرستیم.'
        : 'تنها همین یک بار می‌پرسیم. اگر دیگر آن را نمی‌خواهید، پیوند پایین اشتراک شما را لغو می‌کند.',
    ],
    button: 'باز هم بفرستید',
  },
  orOpen: 'یا این نشانی را باز کنید:',
  whySystem: (newsletter) =>
    `این یک نامه به این دلیل به شما رسیده است که نشانی شما در فرم «${newsletter}» نوشته شده است.`,
  whyNotice: (newsletter) => `این نامه به این دلیل به شما رسیده است که «${newsletter}» با شماست.`,
}
