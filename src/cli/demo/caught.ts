import { setTimeout as sleep } from 'node:timers/promises'
import PostalMime, { type Email } from 'postal-mime'
import { type CaughtMessage, openStore } from '../../catcher/store.ts'

const LOOK_EVERY_MS = 100
const LIMIT_MS = 30_000

/** What the catcher has on disk now. */
export async function caughtIn(dir: string): Promise<CaughtMessage[]> {
  return (await openStore(dir)).messages()
}

/** The first mail to an address whose subject or kind fits, as soon as it is there. */
export async function mailTo(
  dir: string,
  address: string,
  fits: (mail: Email) => boolean = () => true,
): Promise<Email> {
  const deadline = Date.now() + LIMIT_MS
  for (;;) {
    for (const caught of await caughtIn(dir)) {
      if (caught.to !== address) continue
      const mail = await PostalMime.parse(await caught.raw())
      if (fits(mail)) return mail
    }
    if (Date.now() > deadline) throw new Error(`no mail to ${address} came`)
    await sleep(LOOK_EVERY_MS)
  }
}

/** A header's value on one line. */
export function headerOf(mail: Email, name: string): string {
  const header = mail.headers.find(({ key }) => key === name.toLowerCase())
  if (!header) throw new Error(`the mail has no ${name}`)
  return header.value.replace(/\s+/g, ' ')
}

/** Asks until it is so. */
export async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LIMIT_MS
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`it took too long: ${what}`)
    await sleep(LOOK_EVERY_MS)
  }
}
