// Package ledger remembers what a log has shown of every message and every order, in 32 bytes a
// message and as many an order: a million distinct ids fit into 200 MB with everything else of the
// process.
//
// Ids are kept as hashes of 64 bits; of a million, two are the same with a chance of one in thirty
// million. The texts of orders' ids are kept once each, and no other text of a
// message: neither tokens nor people's data can come out of it again.
package ledger
