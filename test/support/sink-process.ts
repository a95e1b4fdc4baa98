import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { compiled } from './compiled.ts'
import type { Sink, SinkOptions } from './sink.ts'

type Answer = { id: number; value: unknown }

/** A sink in a process of its own: it outlives whatever is killed around it, and costs its users no time. */
export async function forkSink(options: SinkOptions = {}): Promise<Sink & { pid: number }> {
  const child = fork(compiled('test/support/sink-main.ts'), [JSON.stringify(options)], {
    execArgv: [],
  })
  const [started] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the sink did not start'))),
  ])
  const call = caller(child)
  const { port } = started as { port: number }
  return {
    port,
    pid: child.pid ?? 0,
    entries: () => call('entries') as ReturnType<Sink['entries']>,
    counts: () => call('counts') as ReturnType<Sink['counts']>,
    withhold: () => call('withhold') as Promise<void>,
    release: () => call('release') as Promise<void>,
    withheld: () => call('withheld') as Promise<number>,
    set: (changes) => call('set', changes) as Promise<void>,
    cut: () => call('cut') as Promise<void>,
    async close() {
      if (!child.connected) return
      await call('close')
      const exit = once(child, 'exit')
      child.disconnect()
      await exit
    },
  }
}

function caller(child: ChildProcess) {
  const waiting = new Map<number, (value: unknown) => void>()
  child.on('message', ({ id, value }: Answer) => {
    waiting.get(id)?.(value)
    waiting.delete(id)
  })
  let last = 0
  return (method: keyof Sink, ...args: unknown[]) =>
    new Promise((resolve) => {
      last += 1
      waiting.set(last, resolve)
      child.send({ id: last, method, args })
    })
}
