import { it } from 'vitest'
import { playBurst } from '../support/webhook-burst.ts'

it('takes 10,000 webhook events in one burst, loses none, and slows no send meanwhile', async () => {
  await playBurst(10_000, 0.85)
}, 300_000)
