// Package temporalio is what the doors, the API and the activities all ask of Temporal:
// how each workflow is started, how a message is kept as a Delivery, how visibility is
// asked, and what Temporal's errors mean. Each of them stands here once, because two
// that start the same workflow in two ways drift apart unseen.
package temporalio
