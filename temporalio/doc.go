// Package temporalio holds what the ingress and the activities need of Temporal: how each
// workflow is started, how a message is kept as a Delivery, how visibility is queried, and
// what Temporal's errors mean. Each of them is defined once, because two ways to start the
// same workflow would drift apart unnoticed.
package temporalio
