import { type Command, CommanderError } from 'commander'
import { describe, expect, test } from 'vitest'
import type { Bind } from '../../src/cli/context.ts'
import { createProgram } from '../../src/cli/program.ts'

const bind: Bind = (command) => {
  command.option('--json', 'for machines')
}

/** What `--help` prints. */
function helpOf(command: Command): string {
  const parts: string[] = []
  command.configureOutput({ writeOut: (part) => parts.push(part) })
  command.outputHelp()
  return parts.join('')
}

async function load(...args: string[]): Promise<Command> {
  const program = await createProgram(args, bind)
  const command = program.commands.find((one) => one.name() === args[0])
  if (!command) throw new Error(`no command ${args[0]}`)
  return command
}

const names = (await createProgram([], bind)).commands.map((command) => command.name())

describe('every command', () => {
  test('is there', () => {
    expect(names.toSorted()).toEqual(
      [
        ...['backup', 'cancel', 'check', 'demo', 'dkim', 'inbound', 'init', 'keys', 'migrate'],
        ...[
          'move',
          'new',
          'newsletter',
          'pause',
          'preview',
          'reconcile',
          'render',
          'resend',
          'restore',
        ],
        ...['resume', 'send', 'serve', 'start', 'status', 'subscribers', 'suppression', 'test'],
        ...['worker', 'bench', 'bounce', 'feedback', 'mailbox'],
      ].toSorted(),
    )
  })

  test.each(names)('%s says what it does, with an example, and speaks JSON', async (name) => {
    const command = await load(name)
    const leaves = command.commands.length > 0 ? command.commands : [command]
    for (const one of [command, ...leaves]) {
      expect(one.description(), one.name()).not.toBe('')
      expect(helpOf(one), one.name()).toMatch(/Examples?:\n {2}\S*.*(postrider|npm run)/)
    }
    for (const leaf of leaves) {
      expect(leaf.options.map(({ long }) => long)).toContain('--json')
    }
  })
})

test('refuses what it does not know, as bad usage', async () => {
  const program = await createProgram(['sned'], bind)
  program.configureOutput({ writeErr: () => {} })
  const refused = program.parseAsync(['sned'], { from: 'user' })
  await expect(refused).rejects.toThrow(CommanderError)
  await expect(refused).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringMatching(/unknown command 'sned'/),
  })
})
