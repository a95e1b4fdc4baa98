import { describe, it } from 'vitest'
import { sendThroughTrouble, TROUBLES } from '../support/mail-server-trouble.ts'

// Side by side: most of it is waiting until the transport tries again.
describe.concurrent('a send', () => {
  it.concurrent.each(TROUBLES)(
    'loses and doubles nothing: $what',
    async (trouble) => {
      await sendThroughTrouble(trouble, { redisUrl: null, readers: 600, lastsMs: 3_000 })
    },
    180_000,
  )
})
