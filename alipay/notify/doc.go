// Package notify reads and verifies what Alipay sends, over HTTP and over the long
// connection.
//
// [Verifier] is the only source of a [Notification], and verifying and reading are one
// call. A message that was not signed by a configured Alipay key is a [Refusal],
// carries nothing out of its body, costs a bounded number of signature checks and
// causes no outbound call. A message that was signed is never refused for its content:
// odd text in it is read with [Notification.Repairs], and what can't be read is
// returned with [Notification.ContentError] set, so that it can be kept and looked at,
// because Alipay would only send the same bytes again.
package notify
