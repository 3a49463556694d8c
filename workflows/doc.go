// Package workflows holds the workflow Order, one piece of an ISV's work on one mini
// program, and registers those beside it: MiniProgram, the entity behind messages that
// name only the app; Delivery, a verified message with no order to go to; Sweep, which asks
// Alipay about the orders that wait; and LongConnection, which elects one process for an
// app's link.
//
// It promises that a message changes an order at most once, that every message received
// gets exactly one final disposition, and that no stage is entered except through
// order.Next. Messages are evidence: Alipay's own query decides, where it can be asked.
//
// Begin with order.go, which is the story of an order, and order_loop.go, which is what
// goes on beside it. A message's life is in order_messages.go.
//
// The code is deterministic: no clock, no chance, no map order, no call except
// through activities. It is replayed from histories that an older version has recorded.
package workflows
