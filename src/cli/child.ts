import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { packagePath } from '../config.ts'
import { PostriderError } from '../errors.ts'

/**
 * Starts a process of ours by its main file (`src/…/main.ts`). It ends itself when this one is gone, since its IPC
 * channel closes then, and not before: in a process group of its own it hears no Ctrl-C while we finish what we hold.
 * @returns once it has said the first thing over that channel
 * @throws PostriderError unavailable, if it ends before
 */
export async function startChild<Said>(
  main: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ said: Said; ask<Answer>(): Promise<Answer>; close(): Promise<void> }> {
  const built = import.meta.filename.endsWith('.js')
  const entry = built
    ? [packagePath(`dist/${main.replace(/\.ts$/, '.js')}`)]
    : ['--import', import.meta.resolve('tsx'), packagePath(main)]
  const child = spawn(process.execPath, entry, {
    env,
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const said = await Promise.race([
    once(child, 'message').then(([message]) => message as Said),
    once(child, 'exit').then(([code]) => {
      throw new PostriderError('unavailable', `${main} ended with code ${code}`)
    }),
  ])
  return {
    said,
    /** Anything sent is a question; what it says next is the answer. */
    async ask<Answer>() {
      const answer = once(child, 'message')
      child.send('?')
      return (await answer)[0] as Answer
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
