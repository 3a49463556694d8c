// Package diagnose explains why a notification of Alipay's does not verify.
//
// Its promise: a cause that is called proven was tried. The damage it names was
// undone, and then the strict [notify.Verifier] took the message; or the
// signature itself says so, by its length or by the key that opens it. What is
// only likely is said to be only likely: that a text was changed, and nobody knows
// how, is never proven.
//
// It works in three steps. A [Question] is read in the few ways in which people
// hand over a captured message (body, query string, URL, JSON, what programs print of
// their maps, a line of a log). The
// signature is opened with each known key: an RSA signature tells, whatever
// happened to the text, whether this key made it and with which hash. And if one
// did, the text was changed: every known damage is undone, alone and then in
// pairs, until the verifier agrees.
//
// Nothing here makes a message acceptable. The verifier is asked and never
// loosened, and what it takes after a repair is reported as a cause, never as a
// notification. JSON of the parameters is no repair: it names each value whole. The package is for tools and people; a door has no use for it,
// since an explanation costs up to a few seconds of arithmetic.
package diagnose
