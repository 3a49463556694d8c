// Package order is Miniflow's vocabulary: what an order is, where it can stand,
// which moves are legal, and under which names the parts of Miniflow find each
// other. Workflows, activities and doors speak to one another only in these
// words.
//
// It promises three things. It imports the standard library alone, so a
// reader needs to know nothing else. Every enumeration is a type of its own
// that lists its values, so nothing travels as a free string. And an order moves
// from one stage to the next only through [Next], whose table is the state
// diagram in docs.
package order
