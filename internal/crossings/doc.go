// Package crossings runs thousands of random lives of an order and checks that each ends as
// Alipay has it, whatever happens concurrently: a command between a call and its answer, a
// message that overtakes the call which caused it, an answer that is lost after its effect,
// an authorisation that is revoked at the worst moment, a person working in Alipay's console,
// a worker that crashes, a run that continues as new. It contains only tests.
//
// The workflows, the activities, the gateway client, the verifier, the router of messages and
// the simulated Alipay are the real ones. Only Temporal's server is replaced: the SDK's test
// environment runs the workflows as children of one root on a clock that skips, and the
// engine of this package adds what that environment lacks: it runs activities one after the
// other in simulated time, retries them, crashes workers, honours WaitForCancellation, counts
// the events of each run, and starts workflows on request.
//
// Everything in a life follows from its seed. A life that breaks a rule prints its trace and
// the command that repeats it.
package crossings
