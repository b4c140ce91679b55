// A trade executor: reports trades, one or many at a time, until each report is answered.
import { token } from '../server.mjs'
import { deliver } from './delivery.mjs'

const symbols = ['AAA', 'BBB', 'CCC', 'NOQUOTE'] // the last has positions and never a price
const reasons = ['no shares to borrow', 'venue closed', 'price moved: "9.5" > 9']

export class Executor {
  sent = [] // {user, trade, acks}

  constructor(run, random, name, users) {
    Object.assign(this, { run, random, name, users })
    this.token = token(name, { roles: ['executor'], exp: run.expires })
  }

  /** Reports trades until the run pauses. */
  async work() {
    while (this.run.posting) {
      if (this.random.chance(0.15) && this.sent.length > 0) await this.repeat()
      else if (this.random.chance(0.5)) await this.reportOne(this.#trade())
      else await this.reportMany(Array.from({ length: this.random.between(1, 25) }, () => this.#trade()))
    }
  }

  #trade() {
    const { random } = this
    const failed = random.chance(0.15)
    const trade = {
      id: `${this.name}-${this.sent.length}`,
      symbol: random.pick(symbols),
      side: random.pick(['buy', 'sell', 'buy', 'sell', 'short', 'cover']),
      quantity: this.#amount(5_000, random.pick([0, 0, 2, 4, 8])),
      status: failed ? 'failed' : 'executed',
      orderId: random.chance(0.5) ? `venue-${this.sent.length}` : undefined,
      broker: 'crash',
      timestamp: Date.now(),
      ...((!failed || random.chance(0.5)) && { price: this.#amount(40_000, random.pick([2, 4, 6])) }),
      ...(!failed && random.chance(0.5) && { fee: this.#amount(900, random.pick([2, 4])) }),
      ...(failed && { reason: random.pick(reasons), code: 'VENUE', canRetry: random.chance(0.5) }),
    }
    const entry = { user: random.pick(this.users), trade, acks: [] }
    this.sent.push(entry)
    return entry
  }

  /** An amount of up to limit hundredths and so many decimals, as text or as a number. */
  #amount(limit, decimals) {
    const whole = this.random.between(0, Math.floor(limit / 100))
    const fraction = decimals > 0 ? `.${String(this.random.between(1, 10 ** decimals - 1)).padStart(decimals, '0')}` : ''
    const amount = fraction ? `${whole}${fraction}` : `${whole + 1}`
    return this.random.chance(0.5) ? amount : Number(amount)
  }

  /** Reports a trade alone; its answer says how it stands in the journal. */
  async reportOne(entry, repeated = false) {
    const { status, body } = await deliver(this.run, 'POST', '/api/trades', this.token, line(entry))
    if (status !== 200) throw new Error(`trade ${entry.trade.id}: ${status} ${JSON.stringify(body)}`)
    if (repeated && !body.duplicate) this.run.problem(`trade ${entry.trade.id} was recorded before and is answered as new`)
    this.run.counts.trades += entry.acks.length === 0
    entry.acks.push({ version: body.version, status: body.status })
  }

  /** Reports many at once; the answer is for all of them. */
  async reportMany(entries) {
    const { status, body } = await deliver(this.run, 'POST', '/api/trades', this.token, entries.map(line).join('\n'), 'application/x-ndjson')
    if (status !== 200 || body.accepted !== entries.length) throw new Error(`${entries.length} trades: ${status} ${JSON.stringify(body)}`)
    for (const entry of entries) {
      this.run.counts.trades += entry.acks.length === 0
      entry.acks.push({})
    }
  }

  /** Reports again what was answered before, alone or among new ones. */
  async repeat() {
    this.run.counts.repeats++
    const entry = this.random.pick(this.sent)
    if (this.random.chance(0.5)) await this.reportOne(entry, true)
    else await this.reportMany([this.#trade(), entry, this.#trade()])
  }
}

const line = ({ user, trade }) => JSON.stringify({ userId: user, ...trade })
