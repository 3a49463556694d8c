// Package system reaches the Miniflow that is measured, from outside: its REST API and its door,
// the simulated Alipay behind it, and its Temporal. It relies on nothing that an older Miniflow
// doesn't have, so that two of them can be compared.
package system
