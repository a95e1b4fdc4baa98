import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { packagePath } from '../../src/config.ts'

const RECIPIENTS = 100_000
const MB = 1024 * 1024

// By tsx, as in a checkout: the larger of the two. A million recipients: `npm run bench -- --tables sizes`.
test.runIf(process.platform === 'linux')(
  'a worker stays under 160 MB, and has no more at the end than at a quarter of the way',
  { timeout: 1_200_000 },
  async () => {
    const args = ['bench', 'send', '--recipients', String(RECIPIENTS), '--dkim', '--json']
    const main = ['--import', import.meta.resolve('tsx'), packagePath('src/cli/main.ts')]
    const { stdout } = await promisify(execFile)(process.execPath, [...main, ...args])
    const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    expect(figures.ledger).toMatchObject({ chosen: RECIPIENTS, accepted: RECIPIENTS })
    expect(figures.peakRssBytes / MB).toBeLessThan(160)
    expect(figures.rssBytesLate / MB).toBeLessThan(figures.rssBytesEarly / MB + 10)
  },
)
