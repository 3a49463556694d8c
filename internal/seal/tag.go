package seal

import (
	"crypto/hmac"
	"crypto/sha256"
)

// tagPurpose sets the keys of tags apart from the keys that seal: each is derived from its sealing
// key, so that rotating that one rotates both.
const tagPurpose = "miniflow tag v1"

// TagSize is the length of a tag in bytes. Whoever needs a short text may keep a part of it, and
// [Ring.Tagged] takes the part.
const TagSize = sha256.Size

// Tag authenticates a message for one context, by the key that writes: the same message has the same
// tag, which nobody can make without the key. The ring of `sealing: none` has no key and returns nil.
func (r *Ring) Tag(message []byte, context ...string) []byte {
	if !r.Seals() {
		return nil
	}
	return tag(r.tagKeys[r.writer], message, context)
}

// Tagged reports whether a tag, or the first bytes of one, is of this message and context, under any
// key. It takes as long for a wrong one as for a right one, and refuses an empty one.
func (r *Ring) Tagged(message, claimed []byte, context ...string) bool {
	if len(claimed) == 0 || len(claimed) > TagSize {
		return false
	}
	found := false
	for _, key := range r.tagKeys { // all of them, whichever is right
		if hmac.Equal(tag(key, message, context)[:len(claimed)], claimed) {
			found = true
		}
	}
	return found
}

// tagKey derives the key of tags from a sealing key.
func tagKey(key Key) []byte {
	derived := hmac.New(sha256.New, key.bytes[:])
	derived.Write([]byte(tagPurpose))
	return derived.Sum(nil)
}

func tag(key, message []byte, context []string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(bind("", context))
	mac.Write(message) // last: what precedes says how long it is itself
	return mac.Sum(nil)
}
