// Package seal keeps tokens and personal data unreadable wherever Temporal shows them: in
// histories, memos, failure messages and the Web UI.
//
// It promises that [Ring.Open] returns exactly what [Ring.Seal] was given, for the same
// context, under a key that this ring holds; anything else (a changed bit, another app's
// context, an unknown key) is an error that names the key and never the content. One key
// seals and every key opens, so a key is rotated by putting the new one first and removing
// the old one when no value sealed under it is needed any more.
//
// The cipher is AES-256-GCM with a random 96-bit nonce for each value. NIST SP 800-38D (8.3)
// bounds random nonces at 2^32 values a key: at a thousand orders an hour of ten sealed
// values each that is fifty years.
package seal
