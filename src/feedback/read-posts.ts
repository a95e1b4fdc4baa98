import { type Db, isDataFault, type Trx } from '../../db/client.ts'
import {
  deliveriesByAddress,
  deliveriesByName,
  forgetOldPosts,
  insertWebhookEvents,
  lockWaitingPosts,
  type MatchedDelivery,
  settlePosts,
  type WaitingPost,
  type WebhookEvent,
} from '../../db/queries/webhook-posts.ts'
import type { Id } from '../../db/types.ts'
import { parseAddress } from '../mail/address.ts'
import { type MessageIdFields, openMessageId } from '../mail/token-address.ts'
import type { Secrets } from '../secrets.ts'
import type { ProviderEvent } from './parse/webhooks/event.ts'
import { isWebhookProvider, readPost } from './parse/webhooks/providers.ts'

/** In one transaction: a grouped post holds some hundred events. */
const AT_ONCE = { posts: 50, octets: 8 * 1024 * 1024 }

/** An event and the delivery it is about, as far as it can be told. */
type Said = Readonly<{
  post: WaitingPost
  event: ProviderEvent
  addressHash: Buffer | null
  domain: string | null
  named: MessageIdFields | null
}>

/** What a round came to. `more`: others may wait. */
export type PostsRead = Readonly<{ eventIds: Id[]; more: boolean }>

/**
 * Reads posts that wait: their events are told apart, tied to deliveries, and left for the feedback job; each once,
 * however often it was posted. A worker that dies in it has changed nothing. A post of which Postgres cannot take what
 * was read is kept as one that cannot be read, and holds up no other.
 * @returns events to ring 'feedback' for
 */
export async function readPosts(db: Db, secrets: Secrets): Promise<PostsRead> {
  const reading = (post: WaitingPost) => read(post, secrets)
  try {
    return await readSome(db, AT_ONCE, reading)
  } catch (error) {
    if (!isDataFault(error)) throw error
  }
  const oldest = { ...AT_ONCE, posts: 1 }
  try {
    return await readSome(db, oldest, reading)
  } catch (error) {
    if (!isDataFault(error)) throw error
    return await readSome(db, oldest, (post) => [{ post, event: null }])
  }
}

async function readSome(
  db: Db,
  limit: typeof AT_ONCE,
  reading: (post: WaitingPost) => (Said | Unread)[],
): Promise<PostsRead> {
  return await db.transaction().execute(async (trx) => {
    const posts = await lockWaitingPosts(trx, limit)
    if (posts.length === 0) {
      await forgetOldPosts(trx)
      return { eventIds: [], more: false }
    }
    const said = posts.flatMap(reading)
    const events = await tie(trx, said.filter(isEvent))
    const unread = said.filter((each) => !isEvent(each)).map(unreadable)
    const made = await insertWebhookEvents(trx, [...events, ...unread])
    const kept = new Set(made.map(({ evidenceId }) => evidenceId))
    const empty = posts.filter(({ evidenceId }) => !kept.has(evidenceId)).map(({ id }) => id)
    await settlePosts(
      trx,
      posts.map(({ id }) => id),
      empty,
    )
    const eventIds = made.filter(({ waits }) => waits).map(({ id }) => id)
    return { eventIds, more: true }
  })
}

type Unread = Readonly<{ post: WaitingPost; event: null }>

function isEvent(said: Said | Unread): said is Said {
  return said.event !== null
}

function read(post: WaitingPost, secrets: Secrets): (Said | Unread)[] {
  const events = isWebhookProvider(post.provider) ? readPost(post.provider, post.raw) : null
  if (events === null) return [{ post, event: null }]
  return events.map((event) => {
    const parsed = event.recipient === null ? null : parseAddress(event.recipient)
    const address = parsed?.ok ? parsed.value : null
    return {
      ...{ post, event, named: nameIn(event.tokens, secrets) },
      addressHash: address && secrets.addressHash(address.key),
      domain: address?.domain ?? null,
    }
  })
}

/** Our Message-ID, or its left half where a provider takes no more, is there by whatever name. */
const TOKEN = /(?<![a-z0-9-])m-[a-z2-7]{30,62}(?![a-z0-9-])/gi

function nameIn(texts: readonly string[], secrets: Secrets): MessageIdFields | null {
  for (const text of texts) {
    for (const [token] of text.slice(0, 10_000).matchAll(TOKEN)) {
      const opened = openMessageId(secrets, `<${token}@our.invalid>`)
      if (opened !== null) return opened
    }
  }
  return null
}

/** Each event with the delivery it is about: by name where it bears ours, else by its address. */
async function tie(trx: Trx, said: readonly Said[]): Promise<WebhookEvent[]> {
  const byName = await deliveriesByName(
    trx,
    said.flatMap(({ named }, index) => (named === null ? [] : [{ index, ...named }])),
  )
  const byAddress = await deliveriesByAddress(
    trx,
    said.flatMap(({ named, addressHash }, index) =>
      named !== null || addressHash === null ? [] : [{ index, addressHash }],
    ),
  )
  const named = new Map(byName.map((delivery) => [delivery.index, delivery]))
  const addressed = new Map(byAddress.map((delivery) => [delivery.index, delivery]))
  return said.flatMap((each, index) => {
    const delivery = named.get(index) ?? addressed.get(index) ?? null
    // Of the rest nobody learns anything by it, and there is one for every mail.
    if (each.event.kind === 'delivered' && delivery?.state !== 'uncertain') return []
    return [toRow(each, delivery)]
  })
}

function toRow(said: Said, delivery: MatchedDelivery | null): WebhookEvent {
  const { post, event, addressHash, domain, named } = said
  const { kind, type, reason, status, diagnostic, feedbackType } = event
  // A mail of ours, but about somebody it was not sent to: nothing is proven of either.
  const isOther = delivery && addressHash && !addressHash.equals(delivery.addressHash)
  const about = isOther ? null : delivery
  return {
    ...{ provider: post.provider, kind, type, reason, status, diagnostic, feedbackType, domain },
    ...{ campaignId: about?.campaignId ?? null, subscriberId: about?.subscriberId ?? null },
    newsletterId: about?.newsletterId ?? null,
    addressHash: about?.addressHash ?? addressHash,
    proof: about === null ? null : named === null ? 'address' : 'message-id',
    evidenceId: post.evidenceId,
    onceKey: `webhook:${post.provider}:${event.id}`,
    heldBecause: null,
  }
}

/** Kept, counted and shown like everything else. */
function unreadable({ post }: Said | Unread): WebhookEvent {
  const nobody = { campaignId: null, subscriberId: null, newsletterId: null, addressHash: null }
  const nothing = { type: null, reason: null, status: null, diagnostic: null, feedbackType: null }
  return {
    ...{ ...nobody, ...nothing, provider: post.provider, kind: 'other', domain: null, proof: null },
    ...{ evidenceId: post.evidenceId, onceKey: `webhook:${post.provider}:post-${post.id}` },
    heldBecause: 'the payload cannot be read',
  }
}
