// Loaded before a program that listens everywhere: what it listens on is this machine's alone.
import { Server } from 'node:net'

const { listen } = Server.prototype
const HOST = '127.0.0.1'

Server.prototype.listen = function (first, ...rest) {
  const isPort = typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first))
  if (isPort && typeof rest[0] !== 'string') return listen.call(this, first, HOST, ...rest)
  if (isPort) return listen.call(this, first, HOST, ...rest.slice(1))
  if (first !== null && typeof first === 'object' && 'port' in first) {
    return listen.call(this, { ...first, host: HOST }, ...rest)
  }
  return listen.call(this, first, ...rest)
}
