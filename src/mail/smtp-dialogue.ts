import type { Socket } from 'node:net'
import { type Awaited, type Command, textOf } from './smtp-commands.ts'

/** What was said to a server and is not answered yet: replies come in the order of the commands. */
export type Dialogue = Readonly<{
  /** With PIPELINING all at once, without it each when the one before is answered. */
  say(commands: readonly Command[]): void
  /** They are written by another, in one piece with a message. */
  note(commands: readonly Command[]): void
  /** A reply has come. @returns the command that it answers */
  hear(): Command | undefined
  /** Says what had to wait for that reply. */
  goOn(): void
  /** Leaves unsaid what is still to be said. */
  drop(): void
  first(): Command | undefined
  last(): Awaited | undefined
  awaits(what: Awaited): boolean
  rests(): boolean
  /** When the last reply came, or something was said after a rest. */
  since(): number
}>

export function createDialogue(socket: Socket, pipelining: boolean): Dialogue {
  const awaited: Command[] = []
  const unsaid: Command[] = []
  let since = performance.now()
  const note = (commands: readonly Command[]) => {
    if (awaited.length === 0) since = performance.now()
    awaited.push(...commands)
  }
  const goOn = () => {
    const command = awaited.length === 0 ? unsaid.shift() : undefined
    if (command === undefined) return
    note([command])
    socket.write(command.text, 'utf8')
  }
  return {
    note,
    goOn,
    say(commands) {
      if (pipelining) {
        note(commands)
        socket.write(textOf(commands), 'utf8')
      } else {
        unsaid.push(...commands)
        goOn()
      }
    },
    hear() {
      since = performance.now()
      return awaited.shift()
    },
    drop() {
      unsaid.length = 0
    },
    first: () => awaited[0],
    last: () => awaited.at(-1)?.awaits,
    awaits: (what) => awaited.some(({ awaits }) => awaits === what),
    rests: () => awaited.length + unsaid.length === 0,
    since: () => since,
  }
}
