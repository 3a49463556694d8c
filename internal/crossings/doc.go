// Package crossings lives thousands of random lives of an order and sees that
// each ends as Alipay has it, whatever crossed whatever: a command between a call
// and its answer, a message that overtakes the call which caused it, an answer
// that is lost after its effect, an authorisation that goes at the worst moment, a
// person at work in Alipay's console, a worker that dies, a run that continues as
// new. It holds tests alone.
//
// What lives is real: the workflows, the activities, the gateway client, the
// verifier and the router of messages, and the simulated Alipay. What is stood in
// for is Temporal's server: the SDK's test environment runs the workflows as
// children of one root on a clock that skips, and the engine of this package does
// what that environment does not: it runs activities one after the other in the
// story's own time, tries them again, lets workers die, honours WaitForCancellation,
// counts the events of each run, and starts workflows on request.
//
// All of a life comes from its seed. A life that breaks a rule prints its trace and
// the command that lives it again.
package crossings
