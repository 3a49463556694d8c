// Package audit keeps who did what: an append-only log apart from Temporal, of lines of JSON that
// are chained by their hashes.
//
// Each process writes a chain of its own, a file a day. A line holds the hash of the line before it,
// and the first line of a file that of the file before. Each process also notes, when it begins and
// each day, where the chains of others stand (anchors), so that a tail that is cut off is missed.
//
// What a line is about (an order, a merchant) is its detail. The chain covers a salted digest of it,
// so [Log.Erase] can overwrite the details of one merchant and the chain still holds: the entry that
// lists what was erased is part of the chain, and a detail that is missing without one is found.
//
// What the chain can't show: the last lines of a chain's last file may be cut off before anybody has
// anchored them, and whoever can write all files can write a whole new chain. Note the head's hash
// elsewhere and hold it against the files ([Verify]'s expected hashes).
package audit
