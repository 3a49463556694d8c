// Package ceiling is what Temporal itself can do: bare signals, bare starts, a bare activity that
// is tried again, and a skeleton of a happy order, with the payload sizes, search attributes and
// memos that Miniflow has. They run against the same Temporal server as what is measured, in a
// worker of their own, in a process of its own, so that the worker's CPU can be counted and that
// of the program that makes the load is left out.
package ceiling
