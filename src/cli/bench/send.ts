import { setTimeout as sleep } from 'node:timers/promises'
import { campaignRests, campaignTimes, postmasterPid } from '../../../db/queries/bench.ts'
import type { Id } from '../../../db/types.ts'
import { type CampaignStatus, campaignStatus, type Ledger } from '../../campaigns/status.ts'
import { PostriderError } from '../../errors.ts'
import type { Context } from '../context.ts'
import { readIssueFile } from '../input.ts'
import { openPost } from '../post.ts'
import type { Runtime } from '../runtime.ts'
import { makeCampaign, readyIssue } from '../sending.ts'
import {
  cpuSeconds,
  familyOf,
  peakRssBytes,
  rssBytes,
  startWorkerProcess,
  type WorkerProcess,
} from './processes.ts'
import { foundReaders, type Stage } from './stage.ts'

export type SendOptions = Readonly<{ recipients: number; workers: number; issue: string }>

/** What `bench send --json` prints. Rates and times are of the sending, from the first message to the last outcome. */
export type SendFigures = Readonly<{
  messagesPerSecond: number
  /** Of all our processes; without Postgres, Redis and the server at the other end. */
  cpuMsPerMessage: number
  postgresCpuMsPerMessage: number
  /** Of the largest worker, at any time. */
  peakRssBytes: number
  /** What the largest worker had at a quarter of the way, and at the end: a slope shows here. */
  rssBytesEarly: number
  rssBytesLate: number
  /** Over the wire, envelope and all; null where the sink is not ours. */
  bytesPerMessage: number | null
  ledgerBytesPerDelivery: number
  importedPerSecond: number
  preparedSeconds: number | null
  firstMessageSeconds: number | null
  ledger: Ledger
}>

const LOOK_EVERY_MS = 200

/** One campaign through the real pipeline, measured from outside of it. */
export async function benchSend(
  context: Context,
  stage: Stage,
  options: SendOptions,
): Promise<{ figures: SendFigures; status: CampaignStatus }> {
  const { runtime, env } = stage
  const { importSeconds } = await foundReaders(runtime, options.recipients, (rows) =>
    context.terminal.progress('importing', rows, options.recipients, 0),
  )
  const workers = await startWorkers(runtime, env, options.workers)
  const pids = workers.map(({ pid }) => pid)
  const servers = await familyOf(await postmasterPid(runtime.db))
  const cpu = async () => ({
    ours: (await cpuSeconds(pids)) + ownCpuSeconds(),
    postgres: await cpuSeconds(servers.slice(0, 1), true).then(
      async (sum) => sum + (await cpuSeconds(await childrenOf(servers[0] ?? 0))),
    ),
  })
  const before = await cpu()
  const taken = (await stage.taken())?.bytes ?? null
  const campaignId = await trigger(runtime, options.issue)
  const memory = await watch(context, stage, { campaignId, pids, recipients: options.recipients })
  const after = await cpu()
  const bytes = (await stage.taken())?.bytes ?? null
  const status = await campaignStatus(runtime.db, campaignId)
  const { ledger } = status
  const times = await campaignTimes(runtime.db, campaignId)
  const seconds = (times.lastSettledAfter ?? 0) - (times.firstBegunAfter ?? 0)
  const each = (total: number) => total / Math.max(1, ledger.accepted)
  const figures: SendFigures = {
    messagesPerSecond: ledger.accepted / seconds,
    cpuMsPerMessage: each((after.ours - before.ours) * 1000),
    postgresCpuMsPerMessage: each((after.postgres - before.postgres) * 1000),
    peakRssBytes: await peakRssBytes(pids),
    ...memory,
    bytesPerMessage: bytes === null || taken === null ? null : each(bytes - taken),
    ledgerBytesPerDelivery: times.ledgerBytes / Math.max(1, ledger.chosen),
    importedPerSecond: options.recipients / importSeconds,
    preparedSeconds: times.preparedAfter,
    firstMessageSeconds: times.firstBegunAfter,
    ledger,
  }
  return { figures, status }
}

async function startWorkers(
  runtime: Runtime,
  env: Record<string, string>,
  count: number,
): Promise<WorkerProcess[]> {
  const workers = await Promise.all(Array.from({ length: count }, () => startWorkerProcess(env)))
  for (const worker of workers) runtime.defer(() => worker.close())
  return workers
}

async function trigger(runtime: Runtime, file: string): Promise<Id> {
  const ready = await readyIssue(runtime, await readIssueFile(file), { newsletter: 'bench' })
  const post = await openPost(runtime)
  return await makeCampaign(runtime, post, ready, { startsAt: null, again: false })
}

/** Until it has ended; as lightly as can be, since it runs beside what is measured. */
async function watch(
  context: Context,
  { runtime, taken }: Stage,
  of: Readonly<{ campaignId: Id; pids: readonly number[]; recipients: number }>,
): Promise<{ rssBytesEarly: number; rssBytesLate: number }> {
  const began = performance.now()
  const start = (await taken())?.messages ?? 0
  let isStopped = false
  void context.stopped.then(() => {
    isStopped = true
  })
  let early = 0
  let late = 0
  for (let rests: string | null = null; rests === null; ) {
    await sleep(LOOK_EVERY_MS)
    if (isStopped) {
      throw new PostriderError('refused', 'ended before the campaign was')
    }
    const now = await taken()
    const messages = (now?.messages ?? start) - start
    late = await rssBytes(of.pids)
    if (early === 0 && messages > of.recipients / 4) early = late
    const perSecond = messages / ((performance.now() - began) / 1000)
    if (now !== null) context.terminal.progress('sending', messages, of.recipients, perSecond)
    rests = await campaignRests(runtime.db, of.campaignId)
    if (rests !== null && rests !== 'finished') {
      throw new PostriderError('wrong-state', `the campaign is ${rests}`)
    }
  }
  context.terminal.progressDone()
  return { rssBytesEarly: early, rssBytesLate: late }
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}

const childrenOf = async (pid: number) => (await familyOf(pid)).slice(1)
