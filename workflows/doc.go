// Package workflows holds the three Temporal workflows: Order, one piece of an
// ISV's work on one mini program; MiniProgram, the entity behind messages that
// name only the app; and Delivery, a verified message with no order to go to.
// Beside them stands LongConnection, which elects one process for an app's link.
//
// It promises that a message changes an order at most once, that every message
// heard gets exactly one final disposition, and that no stage is entered except
// through order.Next. Messages are pokes that carry evidence: Alipay's own query
// decides, wherever it can be asked.
//
// The code is deterministic: no clock, no chance, no map order, no call except
// through activities.
package workflows
