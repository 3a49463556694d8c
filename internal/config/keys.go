package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// APIKey is one bearer key of the REST API.
type APIKey struct {
	// Name says whose it is, in logs and in the timeline of orders. Required.
	Name string `yaml:"name"`
	// Key is "sha256:" and the hexadecimal SHA-256 of the key, which is what belongs
	// into this file; from a variable or a file of its own it may be the key itself.
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
	// ScopeRead : every GET.
	ScopeRead Scope = "read"
	// ScopeWrite : start and command orders, import authorisations, replay and discard deliveries.
	ScopeWrite Scope = "write"
	// ScopeToken : read an app_auth_token in clear.
	ScopeToken Scope = "token"
)

// Scopes lists every scope.
func Scopes() []Scope { return []Scope{ScopeRead, ScopeWrite, ScopeToken} }

const hashPrefix = "sha256:"

func (k APIKey) entry() string { return k.Name }

// Digest is the SHA-256 of the key, whichever form it was given in. Compare it in
// constant time with the SHA-256 of what a caller presents.
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

// May tells whether the key may do this for this app.
func (k APIKey) May(scope Scope, appID string) bool {
	return slices.Contains(k.Scopes, scope) && (slices.Contains(k.Apps, "*") || slices.Contains(k.Apps, appID))
}

// Sealing is a key ring, or the word none.
type Sealing struct {
	// None says that tokens and people's data may be readable in Temporal. It is
	// written `sealing: none`.
	None bool `yaml:"-"`
	// Keys are the ring: the first writes, all read.
	Keys []SealingKey `yaml:"keys"`
	// AcceptPlain lets what was written under `sealing: none` be read, after keys
	// were added. Default false.
	AcceptPlain bool `yaml:"accept_plain"`
}

// SealingKey is one key of the ring.
type SealingKey struct {
	// ID stands in front of everything the key seals, such as 2026-11. It is public
	// and must not change.
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
