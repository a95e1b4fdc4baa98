import { join } from 'node:path'
import { loadConfig } from '../config.ts'
import { createLog } from '../log.ts'
import { startCatcher } from './catcher.ts'

/** The catcher as a process of its own: CATCHER_LISTEN, CATCHER_WEB_LISTEN, INBOUND_LISTEN, POSTRIDER_HOME. */
const config = loadConfig(process.env)
const log = createLog('catcher', config.logLevel)
const catcher = await startCatcher({
  smtp: config.catcher.smtp,
  web: config.catcher.web,
  dir: join(config.home, 'catcher'),
  inboundDoor: config.inbound?.listen ?? null,
})
log.info({ smtpPort: catcher.smtpPort }, 'catching')
process.stdout.write(`${catcher.webUrl}\n`)
// Who started it is told where it is; gone, it takes the catcher with it.
process.send?.({ smtpPort: catcher.smtpPort, webUrl: catcher.webUrl })

async function stop(): Promise<void> {
  await catcher.close()
  process.exit(0)
}
process.once('SIGTERM', () => void stop())
process.once('SIGINT', () => void stop())
if (process.connected) process.once('disconnect', () => void stop())
