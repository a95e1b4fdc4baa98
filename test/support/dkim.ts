import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { dkimRecord } from '../../src/mail/dkim-keys.ts'
import { programPath } from './programs.ts'

export type DkimTestKey = { selector: string; privateKeyPem: string }

/** What DNS says of some keys. */
export function dkimDns(domain: string, keys: readonly DkimTestKey[]): Record<string, string> {
  return Object.fromEntries(
    keys.map(({ selector, privateKeyPem }) => {
      const { name, value } = dkimRecord(domain, selector, privateKeyPem)
      return [name, value]
    }),
  )
}

/** mailauth's word on each signature, and what it says was signed. */
export async function verifyByMailauth(bytes: Buffer, dns: Record<string, string>) {
  const { results } = await dkimVerify(bytes, {
    resolver: async (name: string, type: string) => {
      const value = type === 'TXT' ? dns[name] : undefined
      return value === undefined ? [] : [value.match(/.{1,255}/g) ?? []]
    },
  })
  // Its types leave out which algorithm it was.
  return (results as ((typeof results)[number] & { algo?: string })[]).map((each) => ({
    ...{ result: each.status.result, selector: each.selector, algo: each.algo },
  }))
}

/** Reads {dns, messages: base64 each} and says, for each message, the verdict on each of its signatures. */
const PYTHON = `
import sys, json, base64, dkim
job = json.load(sys.stdin)
def txt(name, timeout=5):
    return job["dns"].get(name.decode().rstrip("."), "").encode()
out = []
for text in job["messages"]:
    raw = base64.b64decode(text)
    d = dkim.DKIM(raw)
    count = sum(1 for name, _ in d.headers if name.lower() == b"dkim-signature")
    verdicts = []
    for i in range(count):
        try:
            verdicts.append(bool(dkim.DKIM(raw).verify(idx=i, dnsfunc=txt)))
        except dkim.DKIMException as e:
            verdicts.append(str(e))
    out.append(verdicts)
print(json.dumps(out))
`

/** Debian's python3-dkim on many messages at once; for tests that ask for the program \`dkimverify\`. */
export function verifyByPython(
  messages: readonly Buffer[],
  dns: Record<string, string>,
): (boolean | string)[][] {
  const input = JSON.stringify({ dns, messages: messages.map((each) => each.toString('base64')) })
  // The module belongs to Debian's own Python, which need not be the first one on the PATH.
  const python = /^#!\s*(\S+)/.exec(readFileSync(programPath('dkimverify'), 'utf8'))?.[1]
  const out = execFileSync(python ?? 'python3', ['-c', PYTHON], { input, maxBuffer: 64e6 })
  return JSON.parse(out.toString()) as (boolean | string)[][]
}
