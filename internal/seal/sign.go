package seal

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// ErrUnsigned means that a ring of `sealing: none` has nothing to sign with.
var ErrUnsigned = errors.New("there is no sealing key to sign with")

// Signature is what a ring has signed with. The public key is derived from the sealing key, so whoever
// has noted it can verify what was signed when that key is long gone.
type Signature struct {
	KeyID     string `json:"key_id"`
	PublicKey []byte `json:"public_key"`
	Value     []byte `json:"value"`
}

// Sign signs a message for one purpose with a key (Ed25519) that is derived from the one that seals.
// Without one the error is [ErrUnsigned].
func (r *Ring) Sign(message []byte, purpose string) (Signature, error) {
	private, err := r.signer(r.writer, purpose)
	if err != nil {
		return Signature{}, err
	}
	public, _ := private.Public().(ed25519.PublicKey)
	return Signature{KeyID: r.writer, PublicKey: public, Value: ed25519.Sign(private, message)}, nil
}

// Signed reports whether a signature is good, and whether its key is one of this ring's. A signature
// that is good under a stranger's key says only that the message was not altered since.
func (r *Ring) Signed(message []byte, purpose string, s Signature) (good, ours bool) {
	if len(s.PublicKey) != ed25519.PublicKeySize || !ed25519.Verify(s.PublicKey, message, s.Value) {
		return false, false
	}
	private, err := r.signer(s.KeyID, purpose)
	return true, err == nil && ed25519.PublicKey(s.PublicKey).Equal(private.Public())
}

func (r *Ring) signer(id, purpose string) (ed25519.PrivateKey, error) {
	secret, known := r.secrets[id]
	if !known {
		return nil, ErrUnsigned
	}
	seed, err := hkdf.Key(sha256.New, secret[:], nil, "miniflow signs: "+purpose, ed25519.SeedSize)
	if err != nil {
		return nil, fmt.Errorf("derive a key to sign with: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
