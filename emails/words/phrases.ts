/** What our mails say around an issue. `{}` never appears: each phrase is a function of what it names. */
export type Words = {
  /** BCP 47, of these words. */
  language: string
  readOnWeb: string
  contents: string
  /** The parts before and after the address, which is a hole. */
  whyIssue: (newsletter: string) => readonly [before: string, after: string]
  unsubscribe: string
  /** After a label. */
  colon: string
  confirm: {
    subject: (newsletter: string) => string
    heading: string
    lead: (newsletter: string, address: string) => string
    button: string
    ifNotYou: (days: number) => string
  }
  welcome: {
    subject: (newsletter: string) => string
    heading: string
    lead: (newsletter: string, address: string) => string
    next: (newsletter: string) => string
    button: string
  }
  test: {
    subject: (newsletter: string) => string
    heading: string
    lead: (newsletter: string) => string
  }
  stay: {
    subject: (newsletter: string) => string
    heading: string
    lead: (newsletter: string, retires: boolean) => string[]
    button: string
  }
  orOpen: string
  whySystem: (newsletter: string) => string
  whyNotice: (newsletter: string) => string
}
