// What must be true of the mails that .ci/corpus renders. node .ci/corpus-thresholds.mjs RESULT.json
import { readFileSync } from 'node:fs'

const { summary } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const { macro, runOn } = summary

const least = { links: 100, heads: 100, imgs: 100, text: 99.9, linksTxt: 99.5 }
const most = {
  ...{
    left: 6,
    active: 0,
    noAlt: 0,
    noLang: 0,
    wrongLang: 0,
    noRtl: 0,
    emlProblems: 0,
    clipped: 0,
  },
}
const wrong = [
  ...Object.entries(least)
    .filter(([name, value]) => !(macro[name] >= value))
    .map(([name, value]) => `${name}: ${macro[name]} %, at least ${value} %`),
  ...Object.entries(most)
    .filter(([name, value]) => !(summary[name] <= value))
    .map(([name, value]) => `${name}: ${summary[name]}, at most ${value}`),
  ...(summary.rendered === summary.files
    ? []
    : [`rendered: ${summary.rendered} of ${summary.files}`]),
  ...(runOn[0] === runOn[1] ? [] : [`bare addresses in CJK text: ${runOn[0]} of ${runOn[1]}`]),
]
for (const line of wrong) process.stderr.write(`corpus: ${line}\n`)
if (wrong.length > 0) process.exit(1)
process.stdout.write('corpus: as it must be\n')
