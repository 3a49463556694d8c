// Package api is the REST API: the ISV's backend starts orders, reads and watches them,
// and sends the commands of people. Each call becomes a start, an update or a query of a
// Temporal workflow; the API keeps nothing of its own, so any process with the role api
// answers the same.
//
// What a caller may do is a matter of its key ([Scope]) and of the apps the key names.
// What a body may hold is a matter of the schema, which the OpenAPI document shows and
// the same code enforces.
package api
