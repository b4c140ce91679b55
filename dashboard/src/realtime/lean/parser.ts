/**
 * Socket.IO's packets as text, which is all that Outcry sends: socket.io-client's `parser` option takes this in the
 * place of socket.io-parser, half of which is about binary attachments. What it does not understand ends the
 * connection as a parse error, as with the original.
 */
type Listener = (packet: Packet) => void

export interface Packet {
  type: number
  nsp: string
  id?: number | undefined
  data?: unknown
}

export const protocol = 5
export const PacketType = {
  CONNECT: 0,
  DISCONNECT: 1,
  EVENT: 2,
  ACK: 3,
  CONNECT_ERROR: 4,
  BINARY_EVENT: 5,
  BINARY_ACK: 6,
}

/** Names that socket.io-client tells its own news by: a server must not send them. */
const reserved = ['connect', 'connect_error', 'disconnect']

function isValid(type: number, data: unknown) {
  if (type === PacketType.DISCONNECT) return data === undefined
  if (type === PacketType.CONNECT || type === PacketType.CONNECT_ERROR)
    return typeof data === 'object' && !!data && !Array.isArray(data)
  return (
    Array.isArray(data) && (type === PacketType.ACK || (typeof data[0] === 'string' && !reserved.includes(data[0])))
  )
}

export class Encoder {
  encode({ type, nsp, id, data }: Packet): string[] {
    return [
      `${type}${nsp && nsp !== '/' ? `${nsp},` : ''}${id ?? ''}${data === undefined || data === null ? '' : JSON.stringify(data)}`,
    ]
  }
}

export class Decoder {
  #listeners: Listener[] = []

  on(_decoded: 'decoded', listener: Listener) {
    this.#listeners.push(listener)
  }

  off(_decoded: 'decoded', listener: Listener) {
    this.#listeners = this.#listeners.filter(other => other !== listener)
  }

  add(text: unknown) {
    const parts = /^([0-4])(?:(\/[^,]*),?)?(\d*)(.*)$/s.exec(text as string)
    if (!parts) throw new Error('not a packet of text')
    const [, digit, nsp = '/', id, json] = parts
    const type = Number(digit)
    const data = json ? JSON.parse(json) : undefined
    if (!isValid(type, data)) throw new Error('invalid payload')
    for (const listener of this.#listeners) listener({ type, nsp, id: id ? Number(id) : undefined, data })
  }

  destroy() {}
}
