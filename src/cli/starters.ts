import type { Inbound } from '../inbound/main.ts'
import type { Post } from './post.ts'
import type { Runtime } from './runtime.ts'

export type Running = Readonly<{ close(): Promise<void> }>

/** The processes, as `main.ts` builds them; commands only say when. Each is closed by the runtime if not before. */
export type Starters = Readonly<{
  web(runtime: Runtime): Promise<Running & { url: string }>
  workers(runtime: Runtime, post: Post): Promise<Running>
  /** `taken`: when the port is; the demo may move on. */
  door(runtime: Runtime, options?: { taken: 'next' | 'refuse' }): Promise<Inbound>
}>
