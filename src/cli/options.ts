import { CommanderError } from 'commander'

/** Without what was not given, so that a default or what is stored stays. */
export function compact<T extends Record<string, unknown>>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>
}

/** What commander would refuse too, had it known: the exit code says bad usage. */
export function badUsage(message: string): CommanderError {
  return new CommanderError(2, 'postrider.usage', message)
}

/** What stands under the help of every command. */
export function examples(...lines: readonly string[]): string {
  const title = lines.length > 1 ? 'Examples' : 'Example'
  return `\n${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`
}
