// Package activities holds Miniflow's side effects: calls to Alipay, files
// fetched on the way, and what one workflow asks of another that only a client
// can do (claims, early notifications).
//
// It promises that every activity can be run again. Each one's comment says why
// a repetition is harmless: by an idempotency key that comes from the order and
// the step, or by a question asked before the act. An act, which changes something
// at Alipay, ends with any answer: the pause before the next call is its order's. Only
// where a worker died and there is no answer Temporal runs it again. A workflow that waits
// for a state of Alipay's waits inside an activity (a [Call] of [KindQuestion]): a retry
// there costs the history nothing.
//
// Workflows use the calls, the types and the pure functions of this package (what a failure
// means, how long a pause is), and never what has an effect.
package activities
