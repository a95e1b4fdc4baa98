/** What callers and people can tell apart. The message says what is wrong, where, and what to do. */
export type ErrorCode =
  | 'bad-configuration'
  | 'bad-input'
  | 'not-found'
  | 'refused'
  | 'unavailable'
  | 'wrong-state'

/**
 * An outcome that a person can do something about. Everything else that is thrown is a bug.
 * Edges print `message` alone; `place` is a file with line, or a field.
 */
export class PostriderError extends Error {
  readonly code: ErrorCode
  readonly place: string | undefined

  constructor(code: ErrorCode, message: string, options: { place?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'PostriderError'
    this.code = code
    this.place = options.place
  }
}

/** The words of whatever was thrown, for a log line or a reason column. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0) {
    return messageOf(error.errors[0])
  }
  return error instanceof Error ? error.message : String(error)
}
