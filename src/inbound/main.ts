import type { Config } from '../config.ts'
import { PostriderError } from '../errors.ts'
import { type Door, type DoorDeps, startDoor } from './door.ts'

/**
 * The door as the configuration wants it.
 * @throws PostriderError bad-configuration where INBOUND_DOMAIN and INBOUND_LISTEN are not set
 */
export async function startInbound(
  deps: Omit<DoorDeps, 'domain' | 'listen'> & Readonly<{ inbound: Config['inbound'] }>,
): Promise<Door> {
  const { inbound, ...rest } = deps
  if (inbound === null) {
    throw new PostriderError(
      'bad-configuration',
      'nobody is told where to listen for mail: set INBOUND_DOMAIN and INBOUND_LISTEN',
    )
  }
  const door = await startDoor({ ...rest, ...inbound })
  rest.log.info({ domain: inbound.domain, port: door.port }, 'listening for mail')
  return door
}
