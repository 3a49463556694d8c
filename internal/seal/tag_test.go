package seal

import (
	"bytes"
	"testing"
)

// TestATagOutlivesARotation: what the old key has tagged is known while the ring holds that key, and
// not after.
func TestATagOutlivesARotation(t *testing.T) {
	old, next := key(t, "old", 1), key(t, "next", 2)
	before, during, after := ring(t, old), ring(t, next, old), ring(t, next)
	message := []byte("a message")
	tag := before.Tag(message, "app", "purpose")
	for name, c := range map[string]struct {
		ring *Ring
		want bool
	}{"before": {before, true}, "during": {during, true}, "after": {after, false}, "none": {None(), false}} {
		if got := c.ring.Tagged(message, tag[:8], "app", "purpose"); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if again := during.Tag(message, "app", "purpose"); bytes.Equal(again, tag) || len(again) != TagSize {
		t.Error("the new key does not tag")
	}
	if None().Tag(message) != nil {
		t.Error("a ring without a key tags")
	}
}

// TestATagIsOfOneMessage, of one context, and whole.
func TestATagIsOfOneMessage(t *testing.T) {
	r := ring(t, key(t, "k", 1))
	tag := r.Tag([]byte("message"), "app", "purpose")
	bent := bytes.Clone(tag[:8])
	bent[7] ^= 1
	if r.Tagged([]byte("massage"), tag, "app", "purpose") || r.Tagged([]byte("message"), tag, "apppurpose") ||
		r.Tagged([]byte("message"), tag, "app", "purposes") || r.Tagged([]byte("emessage"), tag, "app", "purpos") ||
		r.Tagged([]byte("message"), bent, "app", "purpose") || r.Tagged([]byte("message"), nil, "app", "purpose") ||
		r.Tagged([]byte("message"), append(tag, 0), "app", "purpose") {
		t.Error("another tag was accepted")
	}
}
