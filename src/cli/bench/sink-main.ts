import { startBenchSink } from './sink.ts'

// A process of its own: what it costs is not counted as ours.
const sink = await startBenchSink()
process.on('message', () => process.send?.(sink.count()))
process.on('SIGTERM', () => void sink.close().then(() => process.exit()))
process.on('disconnect', () => process.exit())
process.send?.({ port: sink.port })
