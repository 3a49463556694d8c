package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// APIKey is one bearer key of the REST API.
type APIKey struct {
	// Name identifies the owner in logs and on the timeline of orders. Required.
	Name string `yaml:"name"`
	// Key is "sha256:" and the hexadecimal SHA-256 of the key, which is the only form allowed
	// in this file; from a variable or a file of its own it may be the key itself.
	Key     Secret `yaml:"key"`
	KeyFile string `yaml:"key_file"`
	// Apps are the app ids that the key may act for; "*" is every app. Required.
	Apps []string `yaml:"apps"`
	// Scopes are read, write and token (reading an app_auth_token). Required.
	Scopes []Scope `yaml:"scopes"`
}

// Scope is what a key may do.
type Scope string

const (
	// ScopeRead allows every GET.
	ScopeRead Scope = "read"
	// ScopeWrite allows starting orders, sending them commands, importing authorisations, and
	// replaying and discarding deliveries.
	ScopeWrite Scope = "write"
	// ScopeToken allows reading an app_auth_token in clear.
	ScopeToken Scope = "token"
)

// Scopes returns every scope.
func Scopes() []Scope { return []Scope{ScopeRead, ScopeWrite, ScopeToken} }

const hashPrefix = "sha256:"

func (k APIKey) entry() string { return k.Name }

// Digest returns the SHA-256 of the key, in whichever form it was given. Compare it in
// constant time with the SHA-256 of a caller's key.
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

// Sealing is a key ring, or the word none.
type Sealing struct {
	// None means that tokens and personal data may be readable in Temporal. It is written
	// `sealing: none`.
	None bool `yaml:"-"`
	// Keys are the ring: the first one seals, all of them open.
	Keys []SealingKey `yaml:"keys"`
	// AcceptPlain allows reading what was written under `sealing: none`, after keys were
	// added. Default false.
	AcceptPlain bool `yaml:"accept_plain"`
}

// SealingKey is one key of the ring.
type SealingKey struct {
	// ID is the prefix of everything that the key seals, such as 2026-11. It is public and
	// must not change.
	ID string `yaml:"id"`
	// Key is the base64 of 32 random bytes: `openssl rand -base64 32`.
	Key     Secret `yaml:"key"`
	KeyFile string `yaml:"key_file"`
}

func (k SealingKey) entry() string { return k.ID }

// fromWord reads `sealing: none`.
func (s *Sealing) fromWord(word string) error {
	if word != "none" {
		return errors.New("has to be the word none, or a mapping with keys")
	}
	*s = Sealing{None: true}
	return nil
}
