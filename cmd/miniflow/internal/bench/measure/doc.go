// Package measure reads what a benchmark counts and can't time: the CPU, memory and disk of a
// tree of processes, the metrics of the Temporal SDK, and the machine that all of it runs on.
package measure
