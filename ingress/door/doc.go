// Package door takes Alipay's notifications, over HTTP and over the long connection, and
// hands each to the workflow that it belongs to.
//
// Its promise to Alipay: "success" is said only for a message that verified and that
// Temporal has durably accepted, and it is said, or refused, within the answer limit
// whatever Temporal does. Before a signature holds, a stranger learns nothing but a
// status and costs a bounded amount of reading, memory and signature checks; after it
// holds, a message is never refused for what it says.
//
// A notification passes, in the order of the files that do it: the [Door] (who may
// speak, in what form), the [Intake] (where the HTTP door and the long connection meet),
// the [Translator] (Alipay's words become the order's, secrets are sealed), the [Router]
// (which workflow it belongs to).
//
// Nothing here stores or logs what a message says: logs and metrics carry ids, names and
// outcomes.
package door
