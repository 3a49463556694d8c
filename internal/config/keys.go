package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// APIKey is one bearer key of the REST API, with its own rights so that it can be revoked
// alone.
type APIKey struct {
	// Name identifies the owner in logs and on the timeline of orders. Required, because a
	// key without an owner can't be revoked safely.
	Name string `yaml:"name"`
	// Key is "sha256:" and the hexadecimal SHA-256 of the key. In this file no other form is
	// allowed, because it is copied and committed; from a variable or a file of its own it
	// may be the key itself.
	Key     Secret `yaml:"key"`
	KeyFile string `yaml:"key_file"`
	// Apps are the app ids that the key may act for; "*" is every app. Required, because no
	// default is harmless.
	Apps []string `yaml:"apps"`
	// Scopes are read, write, token (reading an app_auth_token) and audit. Required, because no
	// default is harmless.
	Scopes []Scope `yaml:"scopes"`
	// Merchants bounds the key to the orders of some merchants: their merchant_ref, or the beginning
	// of several and a *. Default all.
	Merchants []string `yaml:"merchants"`
	// Backend marks the key of a backend, which knows its people: the header X-Actor counts from such
	// a key, and is refused from any other, which acts in its own name. Default false, because a name
	// on a timeline that anybody could write would prove nothing.
	Backend bool `yaml:"backend"`
}

// Scope is what a key may do. There are few, so that an operator can judge them.
type Scope string

const (
	// ScopeRead allows every GET, because none of them changes anything.
	ScopeRead Scope = "read"
	// ScopeWrite allows starting orders, sending them commands, and replaying and discarding
	// deliveries. It doesn't include tokens, because a backend rarely needs those.
	ScopeWrite Scope = "write"
	// ScopeToken allows importing and reading an app_auth_token. It is separate because a
	// token acts outside of Miniflow too.
	ScopeToken Scope = "token"
	// ScopeAudit allows reading who did what. It is separate because that is about people.
	ScopeAudit Scope = "audit"
)

// Scopes returns every scope, so that an error can list them.
func Scopes() []Scope { return []Scope{ScopeRead, ScopeWrite, ScopeToken, ScopeAudit} }

const hashPrefix = "sha256:"

func (k APIKey) entry() string { return k.Name }

// Digest returns the SHA-256 of the key, in whichever form it was given, so that the key
// itself is kept nowhere. Compare it in constant time.
func (k APIKey) Digest() [sha256.Size]byte {
	if text, hashed := strings.CutPrefix(k.Key.Reveal(), hashPrefix); hashed {
		var digest [sha256.Size]byte
		bytes, err := hex.DecodeString(text)
		if err == nil && len(bytes) == len(digest) {
			copy(digest[:], bytes)
		}
		return digest
	}
	return sha256.Sum256([]byte(k.Key.Reveal()))
}

// Sealing is a key ring, or the word none, so that readable tokens are a choice and not an
// omission.
type Sealing struct {
	// None means that tokens and personal data may be readable in Temporal. It is written
	// `sealing: none`, so that a file shows it.
	None bool `yaml:"-"`
	// Keys are the ring: the first one seals, all of them open, so that a rotation loses
	// nothing.
	Keys []SealingKey `yaml:"keys"`
	// AcceptPlain allows reading what was written under `sealing: none`, for orders that were
	// running when keys were added. Default false, because anyone who can write to Temporal
	// can make such a value.
	AcceptPlain bool `yaml:"accept_plain"`
}

// SealingKey is one key of the ring. It has an id, because several are live during a rotation.
type SealingKey struct {
	// ID is the prefix of everything that the key seals, such as 2026-11. It is public and
	// must not change.
	ID string `yaml:"id"`
	// Key is the base64 of 32 random bytes, because AES-256 needs them: `openssl rand -base64
	// 32`.
	Key     Secret `yaml:"key"`
	KeyFile string `yaml:"key_file"`
}

func (k SealingKey) entry() string { return k.ID }

func (s *Sealing) fromWord(word string) error {
	if word != "none" {
		return errors.New("has to be the word none, or a mapping with keys")
	}
	*s = Sealing{None: true}
	return nil
}
