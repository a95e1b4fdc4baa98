// npm run email:dev: React Email's own preview of the templates in emails/. It is 372 MB and so no dependency of ours:
// it is installed beside them, without a word in package.json, when it is first asked for.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (name) => {
  try {
    return JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8'))
  } catch {
    return null
  }
}
const { version, bin } = read('react-email')
if (read('@react-email/ui')?.version !== version) {
  process.stdout.write(`  installing @react-email/ui ${version} (372 MB, once)\n`)
  const added = spawnSync(
    process.platform === 'win32' ? 'npm.cmd' : 'npm',
    ['install', '--no-save', '--ignore-scripts', '--no-audit', `@react-email/ui@${version}`],
    { cwd: root, stdio: 'inherit' },
  )
  if (added.status !== 0) process.exit(added.status ?? 1)
}
// It would listen for the whole network.
const loopback = pathToFileURL(fileURLToPath(new URL('./loopback.mjs', import.meta.url))).href
const preview = spawn(
  process.execPath,
  [
    // Without these it starts itself anew, and nobody could end what it started.
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    `${root}node_modules/react-email/${bin.email}`,
    'dev',
    '--dir',
    'emails',
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${loopback}`.trim(),
      NEXT_TELEMETRY_DISABLED: '1',
    },
  },
)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => preview.kill(signal))
preview.on('exit', (code) => process.exit(code ?? 1))
