// Package attention says what needs a person, and what people have noted about it: who has taken it,
// until when it is snoozed, what was said. It says too what a group's robot is told of that, and when.
//
// It promises that nothing here has a clock, a network or a secret: what is known follows from
// what is passed in, so that the workflow that keeps the notes may use all of it.
package attention
