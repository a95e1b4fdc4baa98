import type { Words } from './phrases.ts'

export const fr: Words = {
  language: 'fr',
  readOnWeb: 'Lire en ligne',
  contents: 'Dans ce numéro',
  whyIssue: (newsletter) => [
    `Vous recevez ${newsletter} parce que vous y êtes abonné avec l’adresse `,
    '.',
  ],
  unsubscribe: 'Se désabonner',
  colon: ' :',
  confirm: {
    subject: (newsletter) => `Confirmez votre abonnement à ${newsletter}`,
    heading: 'Encore un clic',
    lead: (newsletter, address) =>
      `Quelqu’un, vous espérons-nous, a demandé à recevoir ${newsletter} à l’adresse ${address}. Merci de le confirmer.`,
    button: 'Confirmer l’abonnement',
    ifNotYou: (days) =>
      `Ce n’était pas vous ? Alors ne faites rien : aucun message ne sera envoyé, et le lien expire dans ${days === 1 ? 'un jour' : `${days} jours`}.`,
  },
  welcome: {
    subject: (newsletter) => `Bienvenue à ${newsletter}`,
    heading: 'Vous êtes abonné',
    lead: (newsletter, address) => `${newsletter} arrivera désormais à l’adresse ${address}.`,
    next: (newsletter) =>
      `Le prochain message que vous recevrez de nous sera le prochain numéro de ${newsletter}.`,
    button: 'Lire les numéros passés',
  },
  test: {
    subject: (newsletter) => `Un message d’essai de ${newsletter}`,
    heading: 'Cela fonctionne',
    lead: (newsletter) =>
      `Ceci est un message d’essai de ${newsletter} : les messages de cet expéditeur arrivent.`,
  },
  stay: {
    subject: (newsletter) => `Voulez-vous toujours recevoir ${newsletter} ?`,
    heading: 'Faut-il continuer ?',
    lead: (newsletter, retires) => [
      `${newsletter} vous parvient depuis un moment, et nous ne savons pas si vous le lisez encore. Un clic suffit pour nous le dire.`,
      retires
        ? 'Sans nouvelles de vous, nous cesserons de vous écrire.'
        : 'Nous ne le demandons qu’une fois. Si vous ne le souhaitez plus, le lien ci-dessous vous désabonne.',
    ],
    button: 'Continuer à le recevoir',
  },
  orOpen: 'Ou ouvrez cette adresse :',
  whySystem: (newsletter) =>
    `Vous recevez ce seul message parce que votre adresse a été saisie dans le formulaire de ${newsletter}.`,
  whyNotice: (newsletter) => `Vous recevez ceci parce que vous vous occupez de ${newsletter}.`,
}
