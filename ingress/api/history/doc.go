// Package history reads which calls to Alipay an order has made, from Temporal's history of its runs.
//
// It promises names, codes, ids and Alipay's own sentences as the activities have already made them
// safe, and nothing of what was sent. It needs no worker: what has become of a run changes nothing of
// what it has written. Looks of a Sweep are not the order's calls, and are not found here.
package history
