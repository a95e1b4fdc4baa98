import { createInterface } from 'node:readline'
import { attachEmbedded } from '../../db/embedded.ts'
import { createLog } from '../../src/log.ts'

// A process that attaches to the embedded Postgres of a test: prints what it got, detaches on a line of input.
const [home, underRoot, marker] = process.argv.slice(2)
if (!home || !underRoot) throw new Error('usage: embedded-child HOME UNDER_ROOT [MARKER]')
try {
  const embedded = await attachEmbedded({
    home,
    underRoot,
    log: createLog('child', 'error'),
    ...(marker ? { scratch: { marker } } : {}),
  })
  process.stdout.write(`${JSON.stringify({ url: embedded.url, fresh: embedded.fresh })}\n`)
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'detach') break
  }
  process.stdin.destroy()
  await embedded.detach()
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`)
  process.exitCode = 1
}
