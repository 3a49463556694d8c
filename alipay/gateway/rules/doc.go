// Package rules checks the parameters of a call before it is sent: a call that Alipay is sure
// to refuse would use up the rate limit and come back with a code that says less.
package rules
