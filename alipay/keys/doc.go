// Package keys reads the keys and certificates of both sides in every form in which
// people have them, says what is wrong with one that can't be used, and signs,
// verifies and decrypts with them. It knows no message and no call.
package keys
