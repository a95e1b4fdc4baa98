import { describe, it } from 'vitest'
import { onBothBackends } from '../support/fleet.ts'
import { sendThroughTrouble, TROUBLES } from '../support/mail-server-trouble.ts'

describe.concurrent('a send, for a minute', () => {
  onBothBackends((redis) => {
    it.concurrent.each(TROUBLES)(
      'loses and doubles nothing: $what',
      async (trouble) => {
        const redisUrl = redis()?.url ?? null
        const minute = { ...trouble, what: `${trouble.what}, for a minute` }
        await sendThroughTrouble(minute, { redisUrl, readers: 1_500, lastsMs: 60_000 })
      },
      400_000,
    )
  })
})
