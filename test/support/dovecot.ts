import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../../db/postgres-server.ts'
import { packagePath } from '../../src/config.ts'
import { eventually } from './eventually.ts'
import { programPath } from './programs.ts'
import { scratchFolder } from './test-server.ts'

export type Dovecot = Readonly<{
  imap: number
  imaps: number
  pop3: number
  pop3s: number
  /** Whose certificate it shows. */
  caFile: string
  /** The Maildir of a user; every user has the password `secret`. */
  maildir(user: string): string
  /** Puts a mail there, as a delivery agent does. */
  deliver(user: string, mail: Buffer | string): Promise<void>
  /** How many there are, in the inbox or in a folder. */
  count(user: string, folder?: string): Promise<number>
  /** Cuts every connection and starts anew. */
  restart(): Promise<void>
  stop(): Promise<void>
}>

/** Root's Dovecot does not open mail as root. */
const NOBODY = { uid: 65_534, gid: 65_534 }

/** A Dovecot of a test's own, in a folder of its own, as any user. Guard it with describeWith. */
export async function startDovecot(): Promise<Dovecot> {
  const folder = await scratchFolder('dovecot')
  const isRoot = process.getuid?.() === 0
  const owner = isRoot ? NOBODY : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const ports = {
    ...{ imap: await freePort(), imaps: await freePort() },
    ...{ pop3: await freePort(), pop3s: await freePort() },
  }
  const caFile = packagePath('test/fixtures/tls/localhost-cert.pem')
  const mail = join(folder, 'mail')
  await chmod(folder, 0o755)
  await mkdir(mail)
  await chown(mail, owner.uid, owner.gid)
  const config = join(folder, 'dovecot.conf')
  await writeFile(config, configOf(folder, ports, owner, isRoot))
  const tokens = await startTokens()
  await writeFile(
    join(folder, 'oauth2.conf'),
    `introspection_mode = auth\nintrospection_url = http://127.0.0.1:${tokens.port}/\nusername_attribute = user\nactive_attribute = active\nactive_value = true\n`,
  )
  const own = async (path: string) => chown(path, owner.uid, owner.gid)
  let delivered = 0
  const maildir = (user: string) => join(mail, user)
  const inFolder = (user: string, name?: string) =>
    name === undefined ? maildir(user) : join(maildir(user), `.${name}`)
  const running = { child: await launch(config, ports) }
  const end = async () => {
    const exit = once(running.child, 'exit')
    running.child.kill('SIGTERM')
    await exit
  }
  return {
    ...ports,
    ...{ caFile, maildir },
    async deliver(user, octets) {
      for (const name of ['', 'tmp', 'new', 'cur']) {
        const path = join(maildir(user), name)
        if ((await mkdir(path, { recursive: true })) !== undefined) await own(path)
        await own(path)
      }
      delivered += 1
      const path = join(maildir(user), 'new', `${Date.now()}.${delivered}.test`)
      await writeFile(path, octets)
      await own(path)
    },
    async count(user, name) {
      const lists = await Promise.all(
        ['new', 'cur'].map((each) => readdir(join(inFolder(user, name), each)).catch(() => [])),
      )
      return lists.flat().length
    },
    async restart() {
      await end()
      running.child = await launch(config, ports)
    },
    async stop() {
      await end()
      tokens.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Whoever asks about the access token `token-of-<user>` hears that it is that user's; any other is none. */
async function startTokens(): Promise<{ port: number; close(): void }> {
  const server = createServer((request, response) => {
    const user = /^Bearer token-of-(.+)$/.exec(request.headers.authorization ?? '')?.[1]
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(user === undefined ? { active: false } : { active: true, user }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

type Ports = Readonly<{ imap: number; imaps: number; pop3: number; pop3s: number }>

function configOf(
  folder: string,
  ports: Ports,
  owner: { uid: number; gid: number },
  isRoot: boolean,
): string {
  const names = (flag: string) => execFileSync('id', [flag]).toString().trim()
  const cert = packagePath('test/fixtures/tls/localhost-cert.pem')
  const key = packagePath('test/fixtures/tls/localhost-key.pem')
  const listener = (name: string, port: number, ssl: boolean) =>
    `  inet_listener ${name} {\n    address = 127.0.0.1\n    port = ${port}\n    ssl = ${ssl ? 'yes' : 'no'}\n  }`
  return `
protocols = imap pop3
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
${isRoot ? '' : `default_internal_user = ${names('-un')}\ndefault_login_user = ${names('-un')}\ndefault_internal_group = ${names('-gn')}`}
first_valid_uid = 1
mail_location = maildir:${folder}/mail/%u
maildir_very_dirty_syncs = no
mailbox_list_index = no
ssl = yes
ssl_cert = <${cert}
ssl_key = <${key}
disable_plaintext_auth = no
auth_mechanisms = plain xoauth2
mail_max_userip_connections = 100
passdb {
  driver = oauth2
  mechanisms = xoauth2
  args = ${folder}/oauth2.conf
}
passdb {
  driver = static
  mechanisms = plain
  args = password=secret
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${folder}/mail/%u
}
service imap-login {
  chroot =
  process_min_avail = 0
${listener('imap', ports.imap, false)}
${listener('imaps', ports.imaps, true)}
}
service pop3-login {
  chroot =
${listener('pop3', ports.pop3, false)}
${listener('pop3s', ports.pop3s, true)}
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`
}

async function launch(config: string, ports: Ports) {
  const child = spawn(programPath('dovecot'), ['-F', '-c', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // Whatever the test ends by.
  const guard = () => child.kill('SIGTERM')
  process.once('exit', guard)
  child.once('exit', () => process.off('exit', guard))
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`dovecot ended: ${said}`)
  })
  ended.catch(() => {})
  await Promise.race([
    ended,
    Promise.all(Object.values(ports).map((port) => eventually(() => knock(port)))),
  ])
  return child
}

function knock(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
}
