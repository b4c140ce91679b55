// Whose a payload is. Every user of a test has a mark, which is part of
// whatever is theirs: their name, the ids and symbols of their trades.

// No id that the engine makes up has a dot.
const marks = /user\.\d{3}/gi

/** The mark of a user: also a part of symbols, which are in upper case. */
export const markOf = n => `user.${String(n).padStart(3, '0')}`

export class Ownership {
  #orders = new Map() // order id -> the user who saw it first, who placed it

  /** Says what of a payload that came to a user is not theirs, [] if nothing is. */
  foreign(user, payload) {
    const text = JSON.stringify(payload) ?? ''
    const found = (text.match(marks) ?? []).filter(mark => mark.toLowerCase() !== user)
    for (const [, id] of text.matchAll(/"orderId":"([^"]+)"/g)) {
      if ((this.#orders.get(id) ?? user) !== user) found.push(`order ${id} of ${this.#orders.get(id)}`)
    }
    return found
  }

  /** Remembers who placed an order. */
  placed(user, orderId) { this.#orders.set(orderId, user) }
}
