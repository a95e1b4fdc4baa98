import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * `tsx test/support/score-bounces.ts FOLDER`: what `bounce inspect --json` makes of a corpus of returned mail
 * (public/eml, public/expected.jsonl, score.mjs), with LF and with CRLF line ends, held to what we promise.
 */
const LEAST = {
  bounce_recall: 0.985,
  complaint_recall: 0.95,
  recipient_recall: 0.96,
  type_accuracy: 0.95,
  status_exact: 0.97,
}
const MOST = { soft_called_hard: 0, false_alarms: 1 }

type Scores = Record<keyof typeof LEAST | keyof typeof MOST, number>

function main(folder: string): void {
  const mails = join(folder, 'public/eml')
  const crlf = mkdtempSync(join(tmpdir(), 'postrider-crlf-'))
  try {
    for (const name of readdirSync(mails)) {
      const text = readFileSync(join(mails, name), 'latin1').replace(/\r?\n/g, '\r\n')
      writeFileSync(join(crlf, name), text, 'latin1')
    }
    const runs = { LF: score(folder, mails), CRLF: score(folder, crlf) }
    for (const [ends, scores] of Object.entries(runs)) hold(ends, scores)
  } finally {
    rmSync(crlf, { recursive: true })
  }
}

function hold(ends: string, scores: Scores): void {
  process.stdout.write(`bounces, ${ends}: ${JSON.stringify(scores)}\n`)
  for (const [name, least] of Object.entries(LEAST)) {
    if (scores[name as keyof Scores] < least) fail(`${ends}: ${name} is under ${least}`)
  }
  for (const [name, most] of Object.entries(MOST)) {
    if (scores[name as keyof Scores] > most) fail(`${ends}: ${name} is over ${most}`)
  }
}

function fail(message: string): void {
  process.stderr.write(`✗ ${message}\n`)
  process.exitCode = 1
}

function score(folder: string, mails: string): Scores {
  const inspected = run(['src/cli/main.ts', 'bounce', 'inspect', mails, '--json'], '', 'tsx')
  const predictions = inspected.trim().split('\n').map(predict).join('\n')
  const scorer = join(folder, 'score.mjs')
  const scored = run([scorer, join(folder, 'public/expected.jsonl'), '-', '--json'], predictions)
  const { overall } = JSON.parse(scored.split('\n')[0] ?? '') as { overall: Scores }
  return Object.fromEntries(
    [...Object.keys(LEAST), ...Object.keys(MOST)].map((name) => [
      name,
      overall[name as keyof Scores],
    ]),
  ) as Scores
}

/** A mail is about its first recipient there; a block is soft: not the reader's fault. */
function predict(line: string): string {
  const { file, kind, recipients } = JSON.parse(line)
  const [first] = recipients
  return JSON.stringify({
    file,
    kind,
    recipients: recipients.flatMap((one: { address: string | null }) => one.address ?? []),
    type: first?.type === 'block' ? 'soft' : (first?.type ?? null),
    status: first?.status ?? null,
  })
}

function run(args: string[], input: string, loader?: string): string {
  const node = loader === undefined ? args : ['--import', loader, ...args]
  const done = spawnSync(process.execPath, node, {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { PATH: process.env.PATH },
  })
  if (done.status !== 0) throw new Error(`${args[0]} failed: ${done.stderr}`)
  return done.stdout
}

const folder = process.argv[2]
if (folder === undefined) fail('name the folder of the corpus')
else main(folder)
