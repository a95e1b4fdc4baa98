import type { Words } from './phrases.ts'

export const es: Words = {
  language: 'es',
  readOnWeb: 'Leer en la web',
  contents: 'En este número',
  whyIssue: (newsletter) => [`Recibe ${newsletter} porque está suscrito con `, '.'],
  unsubscribe: 'Darse de baja',
  colon: ':',
  confirm: {
    subject: (newsletter) => `Confirme su suscripción a ${newsletter}`,
    heading: 'Solo falta un clic',
    lead: (newsletter, address) =>
      `Alguien, esperamos que usted, pidió recibir ${newsletter} en ${address}. Confírmelo, por favor.`,
    button: 'Confirmar la suscripción',
    ifNotYou: (days) =>
      `¿No fue usted? Entonces no haga nada: no se enviará ningún correo, y el enlace caduca en ${days === 1 ? 'un día' : `${days} días`}.`,
  },
  welcome: {
    subject: (newsletter) => `Le damos la bienvenida a ${newsletter}`,
    heading: 'Su suscripción está activa',
    lead: (newsletter, address) => `A partir de ahora, ${newsletter} llegará a ${address}.`,
    next: (newsletter) => `Nuestro próximo correo será el próximo número de ${newsletter}.`,
    button: 'Leer números anteriores',
  },
  test: {
    subject: (newsletter) => `Un correo de prueba de ${newsletter}`,
    heading: 'Funciona',
    lead: (newsletter) =>
      `Este es un correo de prueba de ${newsletter}: los correos de este remitente llegan.`,
  },
  stay: {
    subject: (newsletter) => `¿Quiere seguir recibiendo ${newsletter}?`,
    heading: '¿Seguimos enviándolo?',
    lead: (newsletter, retires) => [
      `${newsletter} le llega desde hace tiempo y no sabemos si todavía lo lee. Un clic basta para decírnoslo.`,
      retires
        ? 'Si no sabemos nada de usted, dejaremos de escribirle.'
        : 'Lo preguntamos una sola vez. Si ya no lo desea, el enlace de abajo le da de baja.',
    ],
    button: 'Seguir recibiéndolo',
  },
  orOpen: 'O abra esta dirección:',
  whySystem: (newsletter) =>
    `Recibe este único correo porque su dirección se escribió en el formulario de ${newsletter}.`,
  whyNotice: (newsletter) => `Recibe esto porque está a cargo de ${newsletter}.`,
}
