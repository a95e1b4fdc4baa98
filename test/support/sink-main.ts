import { type Sink, type SinkOptions, startSink } from './sink.ts'

/** A sink as a process of its own; `forkSink` speaks with it. */
const options = JSON.parse(process.argv[2] ?? '{}') as SinkOptions
const sink = await startSink(options)
process.on('disconnect', () => process.exit(0))
process.on('message', (call: { id: number; method: Exclude<keyof Sink, 'port'>; args: [] }) => {
  void answer(call)
})
process.send?.({ port: sink.port })

async function answer({
  id,
  method,
  args,
}: {
  id: number
  method: Exclude<keyof Sink, 'port'>
  args: []
}) {
  const value = await (sink[method] as (...given: unknown[]) => Promise<unknown>)(...args)
  process.send?.({ id, value })
}
