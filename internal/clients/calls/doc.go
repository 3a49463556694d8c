// Command calls makes every call that docs/openapi.json describes once, with a client that
// oapi-codegen has generated from it, against a running standalone:
//
//	go run ./calls ../../docs/openapi.json ../../cmd/standalone/data/addresses.json
//
// It fails for a call that is described and not made, for an answer whose status or body is not
// among what the description promises, and for a value of an enumeration without a constant.
// It is a module of its own, so that the generator is no part of what ships.
package main
