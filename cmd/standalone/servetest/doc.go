// Package servetest holds tests of the production program, cmd/miniflow, built under the race
// detector and run as processes of its own against a real Temporal and a simulated Alipay.
// They are in this module because a real Temporal is linked here alone.
package servetest
