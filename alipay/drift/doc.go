// Package drift compares what Alipay really does with what Miniflow knows of it: names of messages,
// codes of refusals, statuses, fields, charsets and times. What is known is what the readers read and
// the tables of codes and statuses list; this package has no list of its own but of fields that Alipay
// documents and nobody reads. Each difference is counted in a [Ledger] with the number of its row in
// the register of what is assumed and was never verified (docs/unverified.md), and keeps a [Case]: the
// answer or the message without a single value of it.
package drift
