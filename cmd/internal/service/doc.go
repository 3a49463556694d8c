// Package service puts Miniflow together: the doors, the REST API and the
// workers of one process, made from a configuration and a Temporal client. Both
// programs run it; neither adds anything to what it does.
//
// It promises that what [New] returns can run: every key has been read, every
// setting understood. And that [Service.Run] ends in order: doors stop taking
// before workers stop working, and nothing that was acknowledged is lost.
package service
