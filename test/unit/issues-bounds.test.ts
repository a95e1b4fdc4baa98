import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../support/issue-bounds.ts', import.meta.url))

test('nothing that an issue can hold costs more than two seconds of a processor, or 200 MB', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--max-old-space-size=200', '--import', 'tsx', script],
    { maxBuffer: 1_000_000 },
  )
  const took = JSON.parse(stdout) as Record<string, number>
  expect(Object.keys(took).length).toBeGreaterThan(60)
  expect(Object.entries(took).filter(([, cpuMs]) => cpuMs > 2000)).toEqual([])
  // 15 s of a processor, of which a busy machine gives a tenth.
}, 400_000)
