import type { Words } from './phrases.ts'

export const de: Words = {
  language: 'de',
  readOnWeb: 'Im Web lesen',
  contents: 'In dieser Ausgabe',
  whyIssue: (newsletter) => [`Sie erhalten ${newsletter}, weil Sie mit `, ' angemeldet sind.'],
  unsubscribe: 'Abbestellen',
  colon: ':',
  confirm: {
    subject: (newsletter) => `Bitte bestätigen: ${newsletter}`,
    heading: 'Noch ein Klick',
    lead: (newsletter, address) =>
      `Jemand, hoffentlich Sie, hat ${newsletter} für ${address} bestellt. Bitte bestätigen Sie das.`,
    button: 'Bestellung bestätigen',
    ifNotYou: (days) =>
      `Waren Sie es nicht? Dann tun Sie nichts: Es wird nichts verschickt, und der Link verfällt in ${days === 1 ? 'einem Tag' : `${days} Tagen`}.`,
  },
  welcome: {
    subject: (newsletter) => `Willkommen bei ${newsletter}`,
    heading: 'Sie sind angemeldet',
    lead: (newsletter, address) => `${newsletter} kommt von nun an an ${address}.`,
    next: (newsletter) => `Die nächste Mail von uns ist die nächste Ausgabe von ${newsletter}.`,
    button: 'Frühere Ausgaben lesen',
  },
  test: {
    subject: (newsletter) => `Eine Testmail von ${newsletter}`,
    heading: 'Es funktioniert',
    lead: (newsletter) =>
      `Dies ist eine Testmail von ${newsletter}: Mails von diesem Absender kommen an.`,
  },
  stay: {
    subject: (newsletter) => `Möchten Sie ${newsletter} weiterhin?`,
    heading: 'Soll es weiter kommen?',
    lead: (newsletter, retires) => [
      `${newsletter} kommt seit einiger Zeit zu Ihnen, und wir wissen nicht, ob Sie es noch lesen. Ein Klick sagt uns, dass es so ist.`,
      retires
        ? 'Wenn wir nichts hören, schreiben wir Ihnen nicht mehr.'
        : 'Wir fragen nur dieses eine Mal. Wenn Sie es nicht mehr möchten, meldet Sie der Link unten ab.',
    ],
    button: 'Weiter erhalten',
  },
  orOpen: 'Oder öffnen Sie diese Adresse:',
  whySystem: (newsletter) =>
    `Sie erhalten diese eine Mail, weil Ihre Adresse im Formular von ${newsletter} eingetragen wurde.`,
  whyNotice: (newsletter) => `Sie erhalten dies, weil Sie ${newsletter} betreuen.`,
}
