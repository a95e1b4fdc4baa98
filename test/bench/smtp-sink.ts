import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { freePort } from '../../db/postgres-server.ts'
import { startChild } from '../../src/cli/child.ts'
import { eventually } from '../support/eventually.ts'
import { findProgram } from '../support/find-program.ts'

export type Server = Readonly<{ name: string; port: number; stop(): Promise<void> }>

/** Postfix's own measuring server, at which all senders of a table aim; ours where it is not installed. */
export async function startSmtpSink(): Promise<Server> {
  const program = findProgram('smtp-sink')
  if (program === null) return startOwnSink()
  const port = await freePort()
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(program, [...user, `127.0.0.1:${port}`, '512'], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  await eventually(() => greeted(port))
  return {
    name: "Postfix's smtp-sink",
    port,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Ours, which takes CHUNKING as Postfix's smtpd does and its smtp-sink does not, in a process of its own. */
export async function startOwnSink(): Promise<Server> {
  const child = await startChild<{ port: number }>('src/cli/bench/sink-main.ts', {})
  return { name: "Postrider's bench sink", port: child.said.port, stop: () => child.close() }
}

async function greeted(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    await once(socket, 'data')
  } finally {
    socket.destroy()
  }
}
