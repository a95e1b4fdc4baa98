import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { compiled } from '../support/compiled.ts'

/** What a window does to a heap: much is made, and each piece lives as long as a few thousand others. */
const CHURN = `
  const { getHeapSpaceStatistics } = await import('node:v8')
  const mb = (name) => getHeapSpaceStatistics().find((s) => s.space_name === name).space_size / 1048576
  const held = []
  let young = 0, old = 0
  for (let i = 0; i < 600_000; i++) {
    held[i % 20_000] = { at: i, text: 'x'.repeat(i % 90), list: new Array(20).fill(i) }
    if (i % 1_000 !== 0) continue
    young = Math.max(young, mb('new_space'))
    old = Math.max(old, mb('old_space'))
  }
  console.log(JSON.stringify({ young, old }))`

function sizesOf(script: string): { young: number; old: number } {
  const args = ['--input-type=module', '-e', script]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

test('holds what V8 takes for young objects to half, and gives old ones no more for it', () => {
  const file = JSON.stringify(compiled('src/cli/small-heap.ts'))
  const small = sizesOf(`
    const { keepHeapSmall, settleHeap } = await import(${file})
    keepHeapSmall()
    settleHeap()
    ${CHURN}`)
  const usual = sizesOf(CHURN)
  expect(small.young).toBeLessThanOrEqual(usual.young / 2)
  expect(small.young + small.old).toBeLessThan((usual.young + usual.old) * 0.7)
})
