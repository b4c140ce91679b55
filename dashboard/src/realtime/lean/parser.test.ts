import * as original from 'socket.io-parser'
import { describe, expect, test } from 'vitest'
import { Decoder, Encoder, type Packet, PacketType } from './parser'

const packets: Packet[] = [
  { type: PacketType.CONNECT, nsp: '/', data: { token: 'a,b"1' } },
  { type: PacketType.CONNECT, nsp: '/', data: { sid: 'x', pid: 'y' } },
  { type: PacketType.CONNECT, nsp: '/admin', data: { sid: 'x' } },
  { type: PacketType.DISCONNECT, nsp: '/' },
  { type: PacketType.DISCONNECT, nsp: '/admin' },
  { type: PacketType.EVENT, nsp: '/', data: ['ping'] },
  { type: PacketType.EVENT, nsp: '/', id: 0, data: ['ping', { timestamp: 1 }] },
  {
    type: PacketType.EVENT,
    nsp: '/',
    id: 123,
    data: ['trade:executed', { message: 'line\nbreak, "quoted" é 🙂' }, '17.1'],
  },
  { type: PacketType.ACK, nsp: '/', id: 7, data: [{ success: true }] },
  { type: PacketType.ACK, nsp: '/admin', id: 7, data: [] },
  { type: PacketType.CONNECT_ERROR, nsp: '/', data: { message: 'no', data: { code: 'INVALID_TOKEN' } } },
]

const known = (packet: object) => Object.fromEntries(Object.entries(packet).filter(([, value]) => value !== undefined))

function decode(decoder: Decoder | original.Decoder, text: unknown) {
  const decoded: object[] = []
  ;(decoder as Decoder).on('decoded', packet => decoded.push(known(packet)))
  ;(decoder as Decoder).add(text)
  return decoded
}

describe('the parser of text', () => {
  test.each(packets)('writes and reads $type $nsp $id as socket.io-parser does', packet => {
    const [text] = new Encoder().encode(packet)
    expect([text]).toEqual(new original.Encoder().encode({ ...packet } as never))
    expect(decode(new Decoder(), text)).toEqual([known(packet)])
    expect(decode(new Decoder(), text)).toEqual(decode(new original.Decoder(), text))
  })

  test.each([
    ['no packet', ''],
    ['an unknown type', '9'],
    ['binary attachments', '51-["x",{"_placeholder":true,"num":0}]'],
    ['bytes', new Uint8Array([1, 2]).buffer],
    ['broken JSON', '2["x"'],
    ['an event that is no array', '2{"a":1}'],
    ['an event without a name', '2[]'],
    ['an event under a name of the library', '2["disconnect"]'],
    ['an answer that is no array', '31{"a":1}'],
    ['a connect that is no object', '0[1]'],
    ['a disconnect with a payload', '1["x"]'],
  ])('refuses %s, as the original does', (_what, text) => {
    expect(() => decode(new Decoder(), text)).toThrow()
  })

  test('tells nobody who has left', () => {
    const decoder = new Decoder()
    const decoded: Packet[] = []
    const listener = (packet: Packet) => decoded.push(packet)
    decoder.on('decoded', listener)
    decoder.off('decoded', listener)
    decoder.add('2["x"]')
    expect(decoded).toEqual([])
  })
})
