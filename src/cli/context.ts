import type { Command } from 'commander'
import type { Config } from '../config.ts'
import type { Runtime, RuntimeOptions } from './runtime.ts'
import type { Starters } from './starters.ts'
import type { Terminal } from './terminal.ts'

/** What `main.ts` hands to every command. */
export type Context = Readonly<{
  /** Read when first asked for: what needs none of it fails by none of it. */
  config: Config
  terminal: Terminal
  starters: Starters
  /** Opened for the length of the command; `main.ts` closes it. */
  runtime(options?: RuntimeOptions): Promise<Runtime>
  /** Settles at the first SIGINT or SIGTERM. */
  stopped: Promise<void>
}>

/** A command's work. What it throws is printed in one line; it may set `process.exitCode` itself. */
export type Action<Options> = (context: Context, args: string[], options: Options) => Promise<void>

/** Gives a command its `--json` and binds its action to a context made for this call. */
export type Bind = <Options>(command: Command, action: Action<Options>) => void
