// Package outside builds and drives Miniflow's programs from outside, for tests:
// processes, their output, their REST API, and waiting under a deadline. It knows
// nothing of what is inside them, so what it sees is what an ISV sees.
//
// It promises that nothing it starts outlives the test process's context, and
// that a failure shows the end of what the program wrote.
package outside
