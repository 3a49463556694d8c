// Package telling holds the activity that tells an app's webhook what has become of its orders: it
// lists those that have changed, asks each for its events, and posts them.
//
// It promises that an order's events come in order and at least once, that a webhook which accepts
// nothing is told slowly and holds up no other, and that no order waits for it or knows of it. What
// is told next is decided in package tell.
package telling
