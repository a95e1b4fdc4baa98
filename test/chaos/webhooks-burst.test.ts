import { it } from 'vitest'
import { playBurst } from '../support/webhook-burst.ts'

it('takes 2,500 webhook events in one burst, loses none, and slows no send meanwhile', async () => {
  await playBurst(2_500, 0.5)
}, 300_000)
