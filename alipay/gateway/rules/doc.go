// Package rules checks what a call may carry before it is sent: a call that Alipay is
// sure to refuse would cost a turn under the rate limit and come back with a code that
// says less.
package rules
