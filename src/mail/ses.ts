import type { SESv2Client, SESv2ClientConfig } from '@aws-sdk/client-sesv2'
import type { TransportConfig } from '../config.ts'
import { withLineEnds } from './canonical.ts'
import type { Envelope } from './envelope.ts'
import { type MessageBytes, wholeOf } from './message-bytes.ts'
import { replyOfNobody } from './reply.ts'
import { readSesError } from './ses-errors.ts'
import type { Sender, SendOptions, SendResult } from './smtp.ts'
import { isUnsafeEnvelope } from './smtp-message.ts'
import { notBegun } from './smtp-result.ts'
import { createTurns } from './turns.ts'

/** SES writes its own: a signature over ours would break on the way. */
const REPLACED = ['Date', 'Message-ID']
const REQUEST_TIMEOUT_MS = 60_000
const CONNECTION_TIMEOUT_MS = 10_000
const CLOSE_GRACE_MS = 60_000

type Sdk = typeof import('@aws-sdk/client-sesv2')
type Ses = Readonly<{ sdk: Sdk; client: SESv2Client }>
type State = { closed: boolean; underWay: Set<Promise<unknown>>; abort: AbortController }

/** Amazon SES by its API (v2), each message raw as it was composed and signed. */
export function createSesSender(config: TransportConfig): Sender {
  let opened: Promise<Ses> | undefined
  const open = () => {
    opened ??= openClient(config)
    return opened
  }
  const turns = createTurns(config.connections)
  const state: State = { closed: false, underWay: new Set(), abort: new AbortController() }
  return Object.freeze({
    connections: config.connections,
    lanes: config.connections,
    replaces: REPLACED,
    idempotencyHeader: null,
    send(envelope, bytes, options = {}) {
      const sending = turns.run(() => send(open, config, state, { envelope, bytes, options }))
      state.underWay.add(sending)
      return sending.finally(() => state.underWay.delete(sending))
    },
    async verify() {
      const { sdk, client } = await open()
      try {
        const account = await client.send(new sdk.GetAccountCommand({}))
        if (account.SendingEnabled !== false) return { ok: true }
        return { ok: false, fault: 'refused', reply: replyOfNobody('SES: sending is switched off') }
      } catch (error) {
        const { result } = readSesError(error)
        const reply = 'reply' in result ? result.reply : replyOfNobody(result.why)
        const isOurs = result.outcome === 'not-begun' && result.fault === 'refused'
        return { ok: false, fault: isOurs ? 'refused' : 'unavailable', reply }
      }
    },
    // Each request is answered for itself: nothing is remembered.
    resume() {},
    close: ({ graceMs = CLOSE_GRACE_MS } = {}) => close(opened, state, graceMs),
  } satisfies Sender)
}

async function openClient({ ses, user, password, connections }: TransportConfig): Promise<Ses> {
  if (!ses) throw new Error('no SES transport')
  const sdk = await import('@aws-sdk/client-sesv2')
  const settings: SESv2ClientConfig = {
    region: ses.region,
    // The library would ask again where it cannot know whether it was heard.
    maxAttempts: 1,
    requestHandler: {
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      httpsAgent: { maxSockets: connections },
    },
    ...(ses.endpoint === null ? {} : { endpoint: ses.endpoint }),
    // Else the library looks where it always does: the machine's role, a profile.
    ...(user === null || password === null
      ? {}
      : {
          credentials: {
            ...{ accessKeyId: user, secretAccessKey: password },
            ...(ses.sessionToken === null ? {} : { sessionToken: ses.sessionToken }),
          },
        }),
  }
  return { sdk, client: new sdk.SESv2Client(settings) }
}

async function send(
  open: () => Promise<Ses>,
  { ses }: TransportConfig,
  { closed, abort }: State,
  message: Readonly<{ envelope: Envelope; bytes: MessageBytes; options: SendOptions }>,
): Promise<SendResult> {
  const { envelope, bytes, options } = message
  const { mayBegin = () => true, isWireReady = false } = options
  const { beginBy = Number.POSITIVE_INFINITY, startBy = Number.POSITIVE_INFINITY } = options
  const unsafe = replyOfNobody('not sent: an unsafe address')
  if (isUnsafeEnvelope(envelope)) return { outcome: 'rejected', reply: unsafe }
  const { sdk, client } = await open()
  if (closed) return notBegun('unavailable', replyOfNobody('not sent: closing'))
  if (performance.now() > Math.min(beginBy, startBy) || !mayBegin()) {
    return notBegun('late', replyOfNobody('not sent: too late'))
  }
  const command = new sdk.SendEmailCommand({
    Destination: { ToAddresses: [envelope.to] },
    Content: { Raw: { Data: isWireReady ? wholeOf(bytes) : mended(wholeOf(bytes)) } },
    ...(ses?.configurationSet ? { ConfigurationSetName: ses.configurationSet } : {}),
  })
  try {
    const { MessageId } = await client.send(command, { abortSignal: abort.signal })
    const reply = { code: 250, enhanced: null, text: 'taken by Amazon SES' }
    return { outcome: 'accepted', reply, ...(MessageId ? { providerId: MessageId } : {}) }
  } catch (error) {
    return readSesError(error).result
  }
}

const mended = (bytes: Buffer) => Buffer.from(withLineEnds(bytes.toString('latin1')), 'latin1')

async function close(
  opened: Promise<Ses> | undefined,
  state: State,
  graceMs: number,
): Promise<void> {
  state.closed = true
  const timer = setTimeout(() => state.abort.abort(), graceMs)
  await Promise.allSettled([...state.underWay])
  clearTimeout(timer)
  const ses = await opened?.catch(() => undefined)
  ses?.client.destroy()
}
