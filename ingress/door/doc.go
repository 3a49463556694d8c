// Package door receives Alipay's notifications, over HTTP and over the long connection, and
// sends each to its workflow.
//
// Its promise to Alipay: "success" is answered only for a message that verified and that
// Temporal has durably accepted, and the answer comes within the answer limit whatever
// Temporal does. Before a signature holds, a stranger learns nothing but a status and costs a
// bounded amount of reading, memory and signature checks; after it holds, a message is never
// refused for its content.
//
// A notification passes, in this order: the [Door] (method, size, form, signature), the
// [Intake] (where HTTP and the long connection meet), the [Translator] (Alipay's words become
// the order's, secrets are sealed), the [Router] (which workflow it belongs to).
//
// Nothing here stores or logs the content of a message: logs and metrics carry ids, names and
// outcomes.
package door
