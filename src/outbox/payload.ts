import { z } from 'zod'
import type { OutboxKind } from '../../db/types.ts'

const id = z.string().regex(/^[1-9]\d*$/)
const language = z.string().min(2).max(35)
const line = z.string().max(2_000)

/** What to say; links are made when the mail is, so that no token is ever stored. */
export const outboxPayloads = {
  confirm: z.strictObject({
    language,
    confirmId: id,
    expiresAt: z.iso.datetime(),
    /** It goes to an address that bounces suppress: only the reader's confirmation lifts that. */
    despiteBounces: z.literal(true).optional(),
  }),
  stay: z.strictObject({ language, confirmId: id, retires: z.boolean() }),
  welcome: z.strictObject({ language }),
  /** An issue as one reader would get it, already filled, or the few words that say that mail arrives. */
  test: z.union([
    z.strictObject({
      subject: z.string().min(1),
      html: z.string().min(1),
      text: z.string().min(1),
    }),
    z.strictObject({ language }),
  ]),
  notice: z.strictObject({ language, subject: z.string().min(1).max(500), lines: z.array(line) }),
} as const satisfies Record<OutboxKind, z.ZodType>

export type OutboxPayload<K extends OutboxKind> = z.infer<(typeof outboxPayloads)[K]>
