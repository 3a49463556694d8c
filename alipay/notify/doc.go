// Package notify reads and verifies what Alipay sends, over HTTP and over the long
// connection.
//
// [Verifier] is the only source of a [Notification], and verifying and reading are one call,
// so that unverified content can't be used by mistake. A message that was not signed by a
// configured Alipay key is a [Refusal]: it carries nothing out of the body, costs a bounded
// number of signature checks and causes no outbound call, because anyone can send one. A
// message that was signed is never refused for its content: odd text in it is read with
// [Notification.Repairs], and unreadable content is returned with [Notification.ContentError]
// set, so that it can be kept and inspected. Alipay would only send the same bytes again.
package notify
