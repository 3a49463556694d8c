// Package keys reads the keys and certificates of both sides in every form in which people
// have them, explains why an unusable one is unusable, and signs, verifies and decrypts with
// them. It imports neither messages nor calls.
package keys
