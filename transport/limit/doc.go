// Package limit bounds what one address or one socket may ask of the engine, and
// counts what it refuses. Limits of what is kept for a client (subscriptions,
// outboxes, message sizes) stay with those who keep it.
package limit
