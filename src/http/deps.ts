import type { Db } from '../../db/client.ts'
import type { Limit } from '../../db/limits.ts'
import type { WebhooksConfig } from '../config-intake.ts'
import type { Refusals } from '../feedback/refusals.ts'
import type { fetchSafely } from '../fetch-safely.ts'
import type { Log } from '../log.ts'
import type { Queues } from '../queues.ts'
import type { Secrets } from '../secrets.ts'

/** What the process gives to its pages. */
export type AppDeps = Readonly<{
  db: Db
  secrets: Secrets
  /** Every link is made from it, never from a Host header. No slash at its end. */
  publicUrl: string
  ring: Queues['ring']
  /** Addresses and networks whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[]
  log: Log
  /** Left out: no provider may post. */
  webhooks?: WebhooksConfig | undefined
  /** Counts webhooks that are not taken. */
  refusals?: Refusals | undefined
  /** For what a webhook names; default: the helper that leads nowhere inside. */
  fetch?: typeof fetchSafely
  now?: () => Date
  /** The form's answer comes no sooner, so that its time tells nothing of an address. */
  leastAnswerMs?: number
}>

/** What every route is given. */
export type Site = Readonly<{
  db: Db
  secrets: Secrets
  publicUrl: string
  /** The path that publicUrl has; '' for none. */
  base: string
  ring: Queues['ring']
  now(): Date
  leastAnswerMs: number
  requestLimit: Limit
}>

/** `clientAddress`: of the socket, or of the client that a trusted proxy names. */
export type Env = { Variables: { clientAddress: string } }
