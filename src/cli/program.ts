import { Command } from 'commander'
import type { Bind } from './context.ts'

type Define = (command: Command, bind: Bind) => void
type Entry = Readonly<{
  name: string
  description: string
  /** What a command needs is loaded when it is asked for: together it takes over a second. */
  load(): Promise<Define>
}>

const GROUPS: Readonly<Record<string, readonly Entry[]>> = {
  'Begin:': [
    {
      name: 'init',
      description: 'from nothing to a test mail to yourself: asks for what is not given',
      load: async () => (await import('./commands/init.ts')).defineInit,
    },
    {
      name: 'demo',
      description: 'the main job from nothing: subscribe, send, bounce, leave; nobody is mailed',
      load: async () => (await import('./commands/demo.ts')).defineDemo,
    },
    {
      name: 'newsletter',
      description: 'the publications: name, sender, brand, policies',
      load: async () => (await import('./commands/newsletter.ts')).defineNewsletter,
    },
    {
      name: 'subscribers',
      description: 'the readers: add, import, show',
      load: async () => (await import('./commands/subscribers.ts')).defineSubscribers,
    },
  ],
  'Write:': [
    {
      name: 'new',
      description: 'begin the next issue: number, date and sections from the last one',
      load: async () => (await import('./commands/new.ts')).defineNew,
    },
    {
      name: 'check',
      description: 'say what is wrong with an issue, with file and line; offline unless asked',
      load: async () => (await import('./commands/check.ts')).defineCheck,
    },
    {
      name: 'preview',
      description: 'show an issue as readers will see it, anew with each save',
      load: async () => (await import('./commands/preview.ts')).definePreview,
    },
    {
      name: 'render',
      description: 'write the mail that an issue becomes; needs no database',
      load: async () => (await import('./commands/render.ts')).defineRender,
    },
    {
      name: 'test',
      description: 'mail an issue to one address, outside every ledger',
      load: async () => (await import('./commands/test.ts')).defineTest,
    },
  ],
  'Send:': [
    {
      name: 'send',
      description: 'mail an issue to every reader who lacks it',
      load: async () => (await import('./commands/send.ts')).defineSend,
    },
    {
      name: 'status',
      description: 'what has become of each delivery',
      load: async () => (await import('./commands/status.ts')).defineStatus,
    },
    {
      name: 'pause',
      description: 'begin no more messages of a campaign until it is resumed',
      load: async () => (await import('./commands/campaign-moves.ts')).definePause,
    },
    {
      name: 'resume',
      description: 'go on with a campaign that is paused',
      load: async () => (await import('./commands/campaign-moves.ts')).defineResume,
    },
    {
      name: 'cancel',
      description: 'end a campaign: who was not mailed yet is not mailed',
      load: async () => (await import('./commands/campaign-moves.ts')).defineCancel,
    },
    {
      name: 'resend',
      description: 'send once more to those whose delivery ended so',
      load: async () => (await import('./commands/campaign-moves.ts')).defineResend,
    },
    {
      name: 'reconcile',
      description: 'count the rows against what prepare wrote down; changes nothing',
      load: async () => (await import('./commands/reconcile.ts')).defineReconcile,
    },
    {
      name: 'bounce',
      description: 'look into what came back: who failed, why, and whose fault it is',
      load: async () => (await import('./commands/bounce.ts')).defineBounce,
    },
    {
      name: 'feedback',
      description: 'what came back, acted upon or not, and from whom',
      load: async () => (await import('./commands/feedback.ts')).defineFeedback,
    },
    {
      name: 'suppression',
      description: 'addresses that must not be mailed, and why',
      load: async () => (await import('./commands/suppression.ts')).defineSuppression,
    },
  ],
  'Run:': [
    {
      name: 'start',
      description: 'web and workers in one process, on what is configured or on nothing at all',
      load: async () => (await import('./commands/processes.ts')).defineStart,
    },
    {
      name: 'serve',
      description: "the web process: readers' pages",
      load: async () => (await import('./commands/processes.ts')).defineServe,
    },
    {
      name: 'worker',
      description: 'a worker process; run as many as you like, anywhere',
      load: async () => (await import('./commands/processes.ts')).defineWorker,
    },
    {
      name: 'inbound',
      description: 'the inbound door: takes reports and mailto unsubscribes',
      load: async () => (await import('./commands/inbound.ts')).defineInbound,
    },
    {
      name: 'mailbox',
      description: 'mailboxes that are polled: log in and say what they can',
      load: async () => (await import('./commands/mailbox.ts')).defineMailbox,
    },
    {
      name: 'migrate',
      description: 'bring the database to the newest schema',
      load: async () => (await import('./commands/migrate.ts')).defineMigrate,
    },
    {
      name: 'backup',
      description: 'write everything but the keys to one file; sends go on meanwhile',
      load: async () => (await import('./commands/backup.ts')).defineBackup,
    },
    {
      name: 'restore',
      description: 'fill an empty database from a backup; open campaigns are paused',
      load: async () => (await import('./commands/restore.ts')).defineRestore,
    },
    {
      name: 'move',
      description: 'carry the embedded data to a Postgres of your own',
      load: async () => (await import('./commands/move.ts')).defineMove,
    },
    {
      name: 'bench',
      description: 'measure sending and importing on this machine; nobody is mailed',
      load: async () => (await import('./commands/bench.ts')).defineBench,
    },
    {
      name: 'keys',
      description: 'the keys of links and hashes: list, add, switch, retire, forget',
      load: async () => (await import('./commands/keys.ts')).defineKeys,
    },
    {
      name: 'dkim',
      description: 'make a DKIM key if there is none, and show its DNS record',
      load: async () => (await import('./commands/dkim.ts')).defineDkim,
    },
  ],
}

/** Every command by name and description; the one that `args` ask for in full. */
export async function createProgram(args: readonly string[], bind: Bind): Promise<Command> {
  const program = new Command('postrider')
    .description('Email newsletters from Markdown: every delivery accounted for.')
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .showHelpAfterError('(--help shows how)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, '✗ ')) })
    .addHelpText('after', '\nExample:\n  postrider demo\n\n`postrider COMMAND --help` says more.')
    .exitOverride()
  const [first, second] = args.filter((arg) => !arg.startsWith('-'))
  const asked = first === 'help' ? second : first
  for (const [group, entries] of Object.entries(GROUPS)) {
    program.commandsGroup(group)
    for (const { name, description, load } of entries) {
      const command = program.command(name).description(description)
      if (name === asked) (await load())(command, bind)
    }
  }
  return program
}
