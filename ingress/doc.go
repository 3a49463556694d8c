// Package ingress holds what the two packages that face the network share: health, and the
// HTTP server with its limits. Those packages don't import each other:
//
//   - miniflow/ingress/door receives Alipay's notifications, over HTTP and over the long connection;
//   - miniflow/ingress/api is the ISV's REST API.
//
// Requests become signals, starts, updates and queries of Temporal workflows, and nothing is
// stored here that a restart would lose.
package ingress
