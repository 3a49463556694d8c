// Package judge verifies what logs hold, on every core, and says of each message what it asserts.
//
// Results come in the order of the lines. The verifier is that of the doors, and so is what a
// message says of an order: whatever a door would have taken is taken here, and nothing more.
package judge
