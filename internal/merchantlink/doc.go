// Package merchantlink makes and reads the links that merchants get, and the SMS that brings one.
//
// It promises that a link is short enough for an SMS, that nobody makes one without a sealing key,
// that it ends at its time, and that every process knows it, after a restart and after a rotation of
// the keys, without a store: while the ring holds the key that made it, [Maker.Read] returns what it
// is about.
//
// # Why a number and a tag
//
// An SMS has 70 characters, and the address of https://isv.example.com/m/ takes 26 of them. What
// names an order by itself, its app, its number of up to 32 characters, an expiry and a nonce and tag
// of AES-GCM, is above 80 characters sealed, and no shorter than 52 by any coding. So a link names its
// order by 56 bits of a digest ([order.MerchantLinkID]), which the order has as a search attribute:
// one list finds it. (An alias workflow for each link would cost events and a start; an index in
// memory, a list of all orders after each restart.) Beside that number stand the day on which the link
// ends and 64 bits of an HMAC over both, by a key derived from the sealing key:
//
//	7 bytes of the order's digest | 2 bytes, the last day | 8 bytes of the tag   = 23 characters of base62
//
// The digest is no secret and grants nothing; the tag decides, and it is checked before anything is
// asked of Temporal, so a forged, an altered and an expired link cost nothing and take the same time.
// Guessing one takes 2^63 requests on average. Two orders of one digest (of a million orders, about
// one installation in 150,000 has such a pair) are told apart by no link: it opens neither.
//
// A link is about an order and not about one task: a merchant who keeps an old SMS sees what there is
// to do today. It can do what its page offers, and no more.
package merchantlink
