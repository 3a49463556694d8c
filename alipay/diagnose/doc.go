// Package diagnose explains why a notification of Alipay's does not verify.
//
// Its promise: a proven cause was tried. The damage that it names was undone, and then the
// strict [notify.Verifier] accepted the message; or the signature itself proves it, by its
// length or by the key that opens it. A likely cause is reported as likely: that a text was
// changed in an unknown way is never proven.
//
// It works in three steps. A [Question] is read in the few ways in which people pass on a
// captured message (body, query string, URL, JSON, what programs print of their maps, a line
// of a log). The signature is opened with each known key: an RSA signature shows whether this
// key made it and with which hash, whatever happened to the text. And if one did, the text
// was changed: every known damage is undone, alone and then in pairs, until the verifier
// agrees.
//
// Nothing here makes a message acceptable. The verifier is asked and never loosened, and a
// message that it accepts after a repair is reported as a cause, never as a notification.
// JSON of the parameters is not a repair, because it holds each value completely. The package
// is for tools and people; the ingress must not use it, since an explanation costs up to a
// few seconds of arithmetic.
package diagnose
