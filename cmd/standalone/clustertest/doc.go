// Package clustertest holds tests of a real cluster: PostgreSQL, Temporal's own server as
// five processes, and Miniflow's roles as processes of the shipped program. What differs
// from the embedded Temporal is met here, with every limit as Temporal ships it.
package clustertest
