// Package ingress is the ground floor of Miniflow's doors: health, and the HTTP server
// behind which each of them can stand. The doors themselves are two rooms that know
// nothing of each other:
//
//   - miniflow/ingress/door takes Alipay's notifications, over HTTP and over the long
//     connection;
//   - miniflow/ingress/api is the ISV's REST API.
//
// What comes in becomes signals, starts, updates and queries of Temporal workflows, and
// nothing is kept here that a restart would lose.
package ingress
