// Package api is the REST API: the ISV's backend starts orders, reads and watches them, and
// sends people's commands. Each call becomes a start, an update or a query of a Temporal
// workflow; the API stores nothing of its own, so any process with the role api gives the
// same answer.
//
// A caller's rights depend on its key ([Scope]) and on the apps that the key names. The
// schema defines what a body may contain; the OpenAPI document shows it and the same code
// enforces it, so that the two can't drift apart.
package api
