// Package purging removes a merchant: every workflow of its orders in Temporal, its mini programs, the
// messages about them, its files, and what is archived, noted and audited of it.
//
// It promises that nothing of another merchant is touched, that a purge which is cut off is finished by
// the same purge again, that the numbers of purged orders stay used for good, and that [Record] says
// what was removed without saying what it was. What it can't reach stands in docs/operators.md.
package purging
