// Package diagnose explains why a notification of Alipay's does not verify.
//
// Its promise: a cause that is called proven was tried. The damage it names was
// undone, and then the strict [alipay.Verifier] took the message; or the
// signature itself says so, by its length or by the key that opens it. What is
// only likely is said to be only likely.
//
// It works in three steps. A [Question] is read in the few ways in which people
// hand over a captured message (body, query string, URL, logged JSON). The
// signature is opened with each known key: an RSA signature tells, whatever
// happened to the text, whether this key made it and with which hash. And if one
// did, the text was changed: every known damage is undone, alone and then in
// pairs, until the verifier agrees.
//
// Nothing here makes a message acceptable. The verifier is asked and never
// loosened, and what it takes after a repair is reported as a cause, never as a
// notification. The package is for tools and people; a door has no use for it,
// since an explanation costs up to a few seconds of arithmetic.
package diagnose
