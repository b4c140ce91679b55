// Holds the journal against what clients sent and were answered, and accounts
// against the journal.
import { abs, compare, decimal, equal, sign, subtract, text } from './decimal.mjs'
import { LedgerModel } from './ledger-model.mjs'
import { isDeepStrictEqual } from 'node:util'

const sideOf = { buy: 'buy', cover: 'buy', sell: 'sell', short: 'sell' }

/** Versions without a gap, and no key, trade or order twice. */
export function checkStream(user, records) {
  const problems = []
  const once = new Map()
  records.forEach((record, i) => {
    const { version, key, event } = record
    if (version !== i + 1) problems.push(`${user}: event ${i + 1} has version ${version}`)
    const facts = [key && `key ${key}`, event.tradeId && `trade ${event.tradeId}`, event.type === 'order_placed' && `order ${event.orderId}`]
    for (const fact of facts.filter(Boolean)) {
      if (once.has(fact)) problems.push(`${user}: ${fact} is there twice, at ${once.get(fact)} and ${version}`)
      once.set(fact, version)
    }
  })
  return problems
}

/**
 * Trades that executors sent: {user, trade, acks: [{version?, status?}]}. What
 * was acknowledged is there as it was acknowledged; what is there was sent.
 */
export function checkTrades(user, records, sent) {
  const problems = []
  const recorded = new Map(records.filter(r => r.event.tradeId).map(r => [r.event.tradeId, r]))
  for (const { trade, acks } of sent) {
    const record = recorded.get(trade.id)
    if (!record) {
      if (acks.length > 0) problems.push(`${user}: trade ${trade.id} was acknowledged and is missing`)
      continue
    }
    problems.push(...differences(`${user}: trade ${trade.id}`, trade, record.event))
    const status = record.event.type === 'order_failed' ? 'failed' : 'executed'
    for (const ack of acks) {
      if (ack.version !== undefined && ack.version !== record.version) problems.push(`${user}: trade ${trade.id} was acknowledged at version ${ack.version} and is at ${record.version}`)
      if (ack.status !== undefined && ack.status !== status) problems.push(`${user}: trade ${trade.id} was acknowledged as ${ack.status} and is ${status}`)
    }
  }
  const known = new Set(sent.map(({ trade }) => trade.id))
  const orders = new Set(records.filter(r => r.event.type === 'order_placed').map(r => r.event.orderId))
  for (const [id, { event }] of recorded) {
    if (!known.has(id) && !orders.has(event.orderId)) problems.push(`${user}: trade ${id} was never sent`)
  }
  return problems
}

function differences(what, trade, event) {
  const problems = []
  const want = trade.status === 'failed' ? 'order_failed' : 'order_filled'
  if (event.type !== want) problems.push(`${what} was sent as ${trade.status} and is ${event.type}`)
  if (event.symbol !== trade.symbol || event.side !== sideOf[trade.side]) problems.push(`${what} is a ${event.side} of ${event.symbol}`)
  for (const field of ['quantity', 'price', 'fee']) {
    if (field === 'fee' && event.type === 'order_failed') continue
    if (!equal(decimal(trade[field]), decimal(event[field]))) problems.push(`${what}: ${field} was sent as ${trade[field]} and is ${event[field]}`)
  }
  if (trade.status === 'failed' && trade.reason !== event.reason) problems.push(`${what}: another reason`)
  return problems
}

/**
 * Orders that traders placed: {clientOrderId, request, acks: [{status, orderId}]},
 * and cancellations: {orderId, status}.
 */
export function checkOrders(user, records, placed, cancels) {
  const problems = []
  const events = type => records.filter(r => r.event.type === type).map(r => r.event)
  const journal = new Map(events('order_placed').map(e => [e.clientOrderId, e]))
  for (const { clientOrderId, request, acks } of placed) {
    const event = journal.get(clientOrderId)
    for (const ack of acks) {
      if (ack.status === 'accepted' && event?.orderId !== ack.orderId) problems.push(`${user}: order ${clientOrderId} was accepted as ${ack.orderId} and is ${event?.orderId ?? 'missing'}`)
      if (ack.status === 'rejected' && event) problems.push(`${user}: order ${clientOrderId} was rejected and is there`)
    }
    if (!event) continue
    const same = event.symbol === request.symbol && event.side === request.side && event.orderType === request.type &&
      equal(decimal(event.quantity), decimal(request.quantity)) && equal(decimal(event.limitPrice), decimal(request.limitPrice))
    if (!same) problems.push(`${user}: order ${clientOrderId} is not what was sent: ${JSON.stringify(event)}`)
  }
  const known = new Set(placed.map(p => p.clientOrderId))
  for (const id of journal.keys()) if (!known.has(id)) problems.push(`${user}: order ${id} was never sent`)
  const cancelled = new Set(events('order_cancelled').map(e => e.orderId))
  const ended = new Set([...cancelled, ...events('order_filled').map(e => e.orderId), ...events('order_failed').map(e => e.orderId)])
  for (const { orderId, status } of cancels) {
    if (status === 'cancelled' && !cancelled.has(orderId)) problems.push(`${user}: order ${orderId} was acknowledged as cancelled and is not`)
    if (status !== 'cancelled' && !ended.has(orderId)) problems.push(`${user}: order ${orderId} could not be cancelled and has not ended`)
  }
  return problems
}

/** Average prices that do not end are told with 8 decimals. */
const rounding = decimal('0.00000001')
const near = (told, price) => compare(abs(subtract(told, price)), rounding) <= 0

/** Folds the journal again: each fill did what its event says, and the account is what is shown of it. */
export function checkAccount(user, records, shown) {
  const problems = []
  const model = new LedgerModel()
  for (const { version, event } of records) {
    const did = model.take(event)
    if (!did) continue
    const want = {
      closing: String(did.closing), realised: text(did.realised),
      ...(did.closing && { entryPrice: text(did.entryPrice) }),
      ...(did.closed && {
        closedQuantity: text(did.closed.quantity), pnlPercent: text(did.closed.pnlPercent), openedQuantity: text(did.closed.opened),
        wholeQuantity: text(did.closed.whole.quantity), wholePnl: text(did.closed.whole.pnl),
      }),
    }
    const got = { closing: String(event.closing ?? false), realised: text(decimal(event.realised)) }
    if (event.closing) {
      const told = decimal(event.entryPrice)
      got.entryPrice = text(near(told, did.entryPrice) ? did.entryPrice : told)
    }
    if ('closedQuantity' in event) {
      for (const field of ['closedQuantity', 'pnlPercent', 'openedQuantity', 'wholeQuantity', 'wholePnl']) got[field] = text(decimal(event[field]))
    }
    if (!isDeepStrictEqual(got, want)) problems.push(`${user}: the fill at ${version} says ${JSON.stringify(got)}, computed again ${JSON.stringify(want)}`)
  }
  for (const [symbol, p] of model.positions) if (sign(p.quantity) === 0) problems.push(`${user}: an empty position in ${symbol}`)
  const summary = model.summary()
  for (const part of Object.keys(summary)) {
    if (!isDeepStrictEqual(shown[part], summary[part])) problems.push(`${user}: ${part} shown as ${JSON.stringify(shown[part])}, computed again ${JSON.stringify(summary[part])}`)
  }
  return problems
}
