package seal

import (
	"bytes"
	"errors"
	"testing"
)

// TestASignatureIsOfItsMessageAndPurposeAlone, and known as ours after a change of keys for as long as
// the old one is kept.
func TestASignatureIsOfItsMessageAndPurposeAlone(t *testing.T) {
	old, next, foreign := key(t, "old", 1), key(t, "next", 2), key(t, "old", 3)
	message := []byte("what was done")
	signature, err := ring(t, old).Sign(message, purpose)
	if err != nil || signature.KeyID != "old" {
		t.Fatalf("signed with %q, %v", signature.KeyID, err)
	}
	altered := signature
	altered.Value = bytes.Clone(signature.Value)
	altered.Value[0] ^= 1
	cut := signature
	cut.PublicKey = cut.PublicKey[1:]
	for name, test := range map[string]struct {
		ring       *Ring
		message    string
		purpose    string
		signature  Signature
		good, ours bool
	}{
		"as it was":                {ring(t, old), "what was done", purpose, signature, true, true},
		"after a change of keys":   {ring(t, next, old), "what was done", purpose, signature, true, true},
		"when its key is gone":     {ring(t, next), "what was done", purpose, signature, true, false},
		"of a stranger's same id":  {ring(t, foreign), "what was done", purpose, signature, true, false},
		"for another purpose":      {ring(t, old), "what was done", "another", signature, true, false},
		"of another message":       {ring(t, old), "what was not done", purpose, signature, false, false},
		"altered":                  {ring(t, old), "what was done", purpose, altered, false, false},
		"of a key that is no key":  {ring(t, old), "what was done", purpose, cut, false, false},
		"where nothing signs":      {None(), "what was done", purpose, signature, true, false},
		"that is none, of nothing": {ring(t, old), "", purpose, Signature{}, false, false},
	} {
		if good, ours := test.ring.Signed([]byte(test.message), test.purpose, test.signature); good != test.good || ours != test.ours {
			t.Errorf("%s: good %v, ours %v", name, good, ours)
		}
	}
	if _, err := None().Sign(message, purpose); !errors.Is(err, ErrUnsigned) {
		t.Errorf("without a key it signs: %v", err)
	}
}
