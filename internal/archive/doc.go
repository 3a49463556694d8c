// Package archive keeps orders that have ended for longer than Temporal does, and keeps the numbers of
// those that were purged from being used again.
//
// It promises that nothing is readable where it keeps orders: each is JSONL, sealed for its app and
// its number, and no name says a number or a merchant. And it promises that what it was told is there
// for everybody once it has returned, in any number of processes: nothing is ever written over, so
// there is no lock.
//
//	<app_id>/<number>/<merchant>.<closed>.order    an order as it stood when its run closed, at a moment
//	<app_id>/<number>/<merchant>.0.purged          an order of which nothing is left but this
//	salt/<random>/salt                             what the digests in the names are made with
//
// Number and merchant are digests under a salt that is kept, sealed, beside the orders: whoever can list
// the names alone can't try numbers against them. The first who keeps something makes the salt. Two who
// do so at once make two, and each number is then looked for under both.
package archive
