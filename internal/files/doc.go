// Package files keeps pictures and papers that were handed in as bytes until the orders that name
// them have ended.
//
// It promises that nothing is readable where files are kept: each is sealed for its app and its
// SHA-256, so that one that was altered, or moved to another name, does not open. And it promises
// that no file is deleted early: not before its time to be named is over, and not while an order
// that has named it may need it. Deleting late is harmless; a file goes with a later sweep.
//
// There is no lock, so that any number of processes share a folder or a bucket. Everything that
// is decided by stands in the names of what is kept:
//
//	<app_id>/<sha256>/<moment>.file            the sealed file, as it was handed in at a moment
//	<app_id>/<sha256>/<moment>.<order>.named   an order that named it; its number in hexadecimal
//	<app_id>/<sha256>/<moment>.<order>.shown   an order that shows it, for as long as Temporal knows the order
//
// Nothing is ever written over: a file that is handed in again gets a name of its own, so a sweep
// that deletes what it has listed can't meet what has come since. An order can name a file for
// [NameableFor], and a sweep takes none that is younger than an hour more. That hour is what clocks
// may differ by, and how long a request may take from naming a file to starting its order.
package files
