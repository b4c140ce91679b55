// Holds what a browser was told against the journal: every notice once, in
// order, none lost, with what the journal says in it.

/** The events that carry an offset. */
export const noticeEvents = new Set(['trade:executed', 'trade:failed', 'position:closed', 'position:opened', 'notification'])

const checked = ['id', 'orderId', 'symbol', 'side', 'quantity', 'price', 'fee', 'profit', 'reason', 'error', 'entryPrice', 'exitPrice', 'pnl', 'title']

/** What of a notice is checked: long runs have no room for all of it. */
export const checkedPart = payload => Object.fromEntries(checked.filter(f => f in payload).map(f => [f, payload[f]]))

/** The notices among what a client got, as {event, offset, payload}. */
export const noticesIn = got => got.filter(g => noticeEvents.has(g.event)).map(({ event, args }) => ({ event, payload: checkedPart(args[0]), offset: args.at(-1) }))

/** The notices that the events of an account make, in order: {event, offset, fields}. */
export function expectedNotices(records, after = 0) {
  return records.filter(r => r.version > after).flatMap(({ version, event: e }) => noticesOf(e).map(([event, fields], i, all) =>
    ({ event, fields, offset: i < all.length - 1 ? `${version}.${i + 1}` : `${version}` })))
}

const number = value => Number(value ?? 0)

function noticesOf(e) {
  const trade = { id: e.tradeId, orderId: e.orderId ?? '', symbol: e.symbol, side: e.side, quantity: number(e.quantity) }
  switch (e.type) {
    case 'order_filled': {
      const executed = ['trade:executed', { ...trade, price: number(e.price), fee: number(e.fee), ...(e.closing && { profit: number(e.realised) }) }]
      if (!('closedQuantity' in e)) return [executed]
      const closed = { symbol: e.symbol, quantity: number(e.wholeQuantity), entryPrice: number(e.wholeEntryPrice), exitPrice: number(e.wholeExitPrice), pnl: number(e.wholePnl) }
      if (!('openedQuantity' in e)) return [executed, ['position:closed', closed]]
      return [executed, ['position:closed', closed], ['position:opened', { symbol: e.symbol, quantity: number(e.openedQuantity), entryPrice: number(e.price) }]]
    }
    case 'order_failed': return [['trade:failed', { ...trade, reason: e.reason, error: e.reason }]]
    case 'order_cancelled': return [['notification', { title: 'Order cancelled' }]]
    case 'deposited': return e.note === 'opening deposit' ? [] : [['notification', { title: 'Deposit' }]]
    case 'withdrawn': return [['notification', { title: 'Withdrawal' }]]
    default: return []
  }
}

/**
 * Says what is wrong with the notices that a browser got, [] if nothing is.
 * received are {event, offset, payload} in the order of their arrival, records
 * those of its account's journal, after the version of its first snapshot.
 */
export function checkNotices(received, records, after) {
  const expected = expectedNotices(records, after)
  const name = n => `${n.event} at ${n.offset}`
  const problems = []
  const seen = new Map() // offset and event -> how often
  for (const n of received) seen.set(name(n), (seen.get(name(n)) ?? 0) + 1)
  const known = new Set(expected.map(name))
  for (const n of expected) if (!seen.has(name(n))) problems.push(`lost: ${name(n)}`)
  for (const [which, times] of seen) {
    if (!known.has(which)) problems.push(`not in the journal: ${which}`)
    else if (times > 1) problems.push(`came ${times} times: ${which}`)
  }
  const place = new Map(expected.map((n, i) => [name(n), i]))
  let last = -1
  for (const n of received) {
    const at = place.get(name(n))
    if (at === undefined) continue
    if (at < last) problems.push(`out of order: ${name(n)} after ${name(expected[last])}`)
    last = Math.max(last, at)
    for (const [field, value] of Object.entries(expected[at].fields)) {
      if (n.payload[field] !== value) problems.push(`${name(n)}: ${field} is ${JSON.stringify(n.payload[field])}, in the journal ${JSON.stringify(value)}`)
    }
  }
  return problems
}
