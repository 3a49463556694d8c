// Package demotest holds tests that watch the standalone's demonstration from outside: what a
// person sees of an order in a browser, and the histories that its workflows leave behind. One
// standalone runs for all of them, because starting it takes longer than any of them.
package demotest
