import { createHash } from 'node:crypto'
import type { Db } from '../../db/client.ts'
import { insertPost } from '../../db/queries/webhook-posts.ts'
import type { WebhookProvider } from '../config-intake.ts'

/**
 * Keeps a proven post as it came; what it says is read by the intake job.
 * @param once what proves it and may serve once
 * @returns 'known': it, or what proves it, was taken before; ring 'intake' for 'taken'
 */
export async function takePost(
  db: Db,
  post: Readonly<{ provider: WebhookProvider; raw: Buffer; once?: string | undefined }>,
): Promise<'taken' | 'known'> {
  const { provider, raw, once } = post
  const proofHash = once === undefined ? null : sha256(once)
  const id = await insertPost(db, { provider, raw, bodyHash: sha256(raw), proofHash })
  return id === null ? 'known' : 'taken'
}

function sha256(octets: string | Buffer): Buffer {
  return createHash('sha256').update(octets).digest()
}
