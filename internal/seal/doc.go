// Package seal keeps tokens and people's data unreadable wherever Temporal shows
// them: in histories, memos, failure messages and the Web UI.
//
// It promises that what [Ring.Open] returns is exactly what [Ring.Seal] was
// given, for the same context, under a key that this ring holds; anything else
// (a bit changed, another app's context, an unknown key) is an error that names
// the key and never the content. One key writes and every key reads, so a key is
// rotated by putting the new one first and removing the old one when nothing
// sealed under it is needed any more.
//
// The cipher is AES-256-GCM with a random 96-bit nonce a value. NIST SP 800-38D
// (8.3) bounds random nonces at 2^32 values a key: at a thousand orders an hour
// of ten sealed values each that is fifty years.
package seal
