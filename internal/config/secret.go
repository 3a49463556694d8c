package config

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is the printed form of a [Secret], the same for all so that logs can be searched
// for it.
const Redacted = "[redacted]"

// Secret is text that no log, error, JSON or YAML shows by accident. Only [Secret.Reveal]
// returns it, so that each use can be found.
type Secret string

// Reveal returns the text itself. It is a method with a telling name, so that each use can be
// justified.
func (s Secret) Reveal() string { return string(s) }

// String hides the text; an empty secret is empty, so that a missing one can be seen.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return Redacted
}

// Format hides the text under every verb, because a mistaken one would bypass String. Only %p
// doesn't call it, and go vet refuses that.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, s.String()) }

// MarshalText hides the text in JSON and YAML, which ignore String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the text from slog, whose JSON handler ignores String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
