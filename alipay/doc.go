// Package alipay speaks the protocols of Alipay's open platform for a service
// provider: keys and certificates, signing and verifying, reading
// notifications, and calling the gateway.
//
// Its promise for everything that comes in: [Verifier] is the only source of a
// [Notification], and verifying and reading are one call. A message that was
// not signed by a configured Alipay key is a [Refusal], carries nothing out of
// its body, costs a bounded number of signature checks and causes no outbound
// call. A message that was signed is never refused for its content: odd text in it is
// read with [Notification.Repairs], and what can't be read is returned with [Notification.ContentError] set, so that it can be
// kept and looked at, because Alipay would only send the same bytes again.
//
// Two rules run through the package. Signatures are checked over raw bytes and
// characters are converted afterwards, so a charset can't break a signature.
// And nothing secret is in an error or a log value: tokens are of type
// [Secret], refusals name reasons and never values.
//
// The package knows no workflow engine and imports nothing else of this
// module. SM2 (国密) signatures are not supported.
package alipay
