import { expect, test } from 'vitest'
import { createPostgresClock } from '../../src/delivery/postgres-clock.ts'

/** Postgres's clock is 5,000 ms ahead of ours. */
const answers = (
  ...given: readonly (readonly [asked: number, answered: number, says: number])[]
) => {
  const clock = createPostgresClock()
  for (const [asked, answered, says] of given) clock.heard(says, asked, answered)
  return clock
}

test('knows a moment of Postgres as well as its quickest answer said, whatever slow ones come after', () => {
  const clock = answers([100, 102, 5_101], [200, 400, 5_390], [500, 900, 5_510])
  expect(Math.abs(clock.local(6_000) - 1_000)).toBeLessThanOrEqual(1)
})

test('narrows what two slow answers leave open', () => {
  // The first came late, the second went late: between them there is little room.
  const clock = answers([100, 200, 5_101], [300, 400, 5_399])
  expect(Math.abs(clock.local(6_000) - 1_000)).toBeLessThanOrEqual(1)
})

test('believes the last answer when a clock was set', () => {
  const clock = answers([100, 102, 5_101], [200, 202, 65_201])
  expect(Math.abs(clock.local(66_000) - 1_000)).toBeLessThanOrEqual(1)
})
