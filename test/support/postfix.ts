import { execFile, spawnSync } from 'node:child_process'
import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../db/postgres-server.ts'
import { eventually } from './eventually.ts'
import { programPath } from './programs.ts'
import { scratchFolder } from './test-server.ts'

const run = promisify(execFile)

export type Postfix = Readonly<{
  port: number
  log(): Promise<string>
  /** Mails that are still on their way. */
  queued(): Promise<number>
  stop(): Promise<void>
}>

export type PostfixWishes = Readonly<{
  /** Where it hands the mail of each domain to: `smtp:[127.0.0.1]:2525`. */
  routes: Readonly<Record<string, string>>
  /** Recipients that it refuses itself, with what it says. */
  refused: Readonly<Record<string, string>>
  /** A regular expression's match also goes to that address. */
  copied: Readonly<{ match: string; to: string }>
  /** Its domain is delivered into the Maildir. */
  mailbox: Readonly<{ address: string; maildir: string; uid: number; gid: number }>
}>

/**
 * A Postfix of a test's own: its configuration, queue and port are in a folder of its own. Its master wants root.
 * Guard it with describeWith and rootTest.
 */
export async function startPostfix(wishes: PostfixWishes): Promise<Postfix> {
  const folder = await scratchFolder('postfix')
  await chmod(folder, 0o755)
  const port = await freePort()
  const etc = join(folder, 'etc')
  const { uid, gid } = await postfixUser()
  for (const name of ['etc', 'queue', 'data']) await mkdir(join(folder, name))
  await chown(join(folder, 'data'), uid, gid)
  await writeFile(join(etc, 'main.cf'), mainCf(folder, wishes))
  await writeFile(join(etc, 'master.cf'), masterCf(port))
  await writeFile(join(etc, 'transport'), lines(wishes.routes))
  await writeFile(join(etc, 'refused'), lines(wishes.refused))
  await writeFile(join(etc, 'copied'), `/^(${wishes.copied.match})$/ $1 ${wishes.copied.to}\n`)
  await writeFile(join(etc, 'mailboxes'), `${wishes.mailbox.address} ${wishes.mailbox.maildir}/\n`)
  for (const map of ['transport', 'refused', 'mailboxes']) {
    await run(programPath('postmap'), ['-c', etc, `hash:${join(etc, map)}`])
  }
  const postfix = (command: string) => run(programPath('postfix'), ['-c', etc, command])
  // Whatever the test ends by: its master stays in the background.
  const guard = () => void spawnSync(programPath('postfix'), ['-c', etc, 'abort'])
  const log = () => readFile(join(folder, 'postfix.log'), 'utf8').catch(() => '')
  try {
    await postfix('start')
    await eventually(() => knock(port))
    process.once('exit', guard)
  } catch (error) {
    throw new Error(`postfix did not start: ${await log()}`, { cause: error })
  }
  return {
    port,
    log,
    async queued() {
      const { stdout } = await run(programPath('postqueue'), ['-c', etc, '-j'])
      return stdout.split('\n').filter(Boolean).length
    },
    async stop() {
      await postfix('abort').catch(() => {})
      process.off('exit', guard)
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

async function postfixUser(): Promise<{ uid: number; gid: number }> {
  const passwd = await readFile('/etc/passwd', 'utf8')
  const [, uid, gid] = /^postfix:[^:]*:(\d+):(\d+):/m.exec(passwd) ?? []
  if (uid === undefined || gid === undefined) throw new Error('there is no user postfix')
  return { uid: Number(uid), gid: Number(gid) }
}

function mainCf(folder: string, { mailbox }: PostfixWishes): string {
  const etc = join(folder, 'etc')
  const domain = mailbox.address.split('@')[1]
  return `
compatibility_level = 3.6
queue_directory = ${join(folder, 'queue')}
data_directory = ${join(folder, 'data')}
maillog_file = ${join(folder, 'postfix.log')}
maillog_file_prefixes = ${folder}
myhostname = relay.test
mydomain = relay.test
myorigin = relay.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
disable_dns_lookups = yes
smtp_dns_support_level = disabled
transport_maps = hash:${join(etc, 'transport')}
virtual_alias_maps = regexp:${join(etc, 'copied')}
virtual_mailbox_domains = ${domain}
virtual_mailbox_maps = hash:${join(etc, 'mailboxes')}
virtual_mailbox_base = /
virtual_minimum_uid = 1
virtual_uid_maps = static:${mailbox.uid}
virtual_gid_maps = static:${mailbox.gid}
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access hash:${join(etc, 'refused')}, permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
notify_classes =
bounce_queue_lifetime = 1d
minimal_backoff_time = 2s
queue_run_delay = 2s
in_flow_delay = 0
`
}

/** The services of a stock master.cf without chroot, with our port. */
function masterCf(port: number): string {
  return `
postlog   unix-dgram n  -  n  -  1  postlogd
127.0.0.1:${port} inet  n  -  n  -  -  smtpd
pickup    unix  n  -  n  60  1  pickup
cleanup   unix  n  -  n  -  0  cleanup
qmgr      unix  n  -  n  300 1  qmgr
rewrite   unix  -  -  n  -  -  trivial-rewrite
bounce    unix  -  -  n  -  0  bounce
defer     unix  -  -  n  -  0  bounce
trace     unix  -  -  n  -  0  bounce
verify    unix  -  -  n  -  1  verify
proxymap  unix  -  -  n  -  -  proxymap
proxywrite unix -  -  n  -  1  proxymap
smtp      unix  -  -  n  -  -  smtp
relay     unix  -  -  n  -  -  smtp
showq     unix  n  -  n  -  -  showq
error     unix  -  -  n  -  -  error
retry     unix  -  -  n  -  -  error
discard   unix  -  -  n  -  -  discard
virtual   unix  -  n  n  -  -  virtual
anvil     unix  -  -  n  -  1  anvil
scache    unix  -  -  n  -  1  scache
`
}

const lines = (map: Readonly<Record<string, string>>) =>
  `${Object.entries(map)
    .map(([key, value]) => `${key} ${value}`)
    .join('\n')}\n`

function knock(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
}
