// Package look decides when a Sweep asks Alipay about which orders that wait: whether messages
// arrive as they should, which orders are due, and whether all have to be asked, at which rate and
// until when.
//
// It promises that every answer follows from its arguments alone: a pass can be repeated by
// another worker, and a table says what it asks. It keeps no state of an order. What a Sweep
// carries from one pass to the next is one [State] of bounded size, no matter how many wait.
package look
