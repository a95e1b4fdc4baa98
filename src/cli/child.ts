import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { packagePath } from '../config.ts'
import { PostriderError } from '../errors.ts'

/**
 * Starts a command of ours as a process of its own, which ends itself when this one is gone (its IPC channel closes).
 * @returns once it has said the first thing over that channel
 * @throws PostriderError unavailable, if it ends before
 */
export async function startChild<Said>(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ said: Said; process: ChildProcess; close(): Promise<void> }> {
  const built = import.meta.filename.endsWith('.js')
  const entry = built
    ? [packagePath('dist/src/cli/main.js')]
    : ['--import', import.meta.resolve('tsx'), packagePath('src/cli/main.ts')]
  const child = spawn(process.execPath, [...entry, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const said = await Promise.race([
    once(child, 'message').then(([message]) => message as Said),
    once(child, 'exit').then(([code]) => {
      throw new PostriderError(
        'unavailable',
        `\`postrider ${args.join(' ')}\` ended with code ${code}`,
      )
    }),
  ])
  return {
    said,
    process: child,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
