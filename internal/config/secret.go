package config

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is the printed form of a [Secret].
const Redacted = "[redacted]"

// Secret is text that no log, error, JSON or YAML ever shows. Only [Secret.Reveal] returns
// it.
type Secret string

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the text; an empty secret is empty, so that a missing one can be seen.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return Redacted
}

// Format hides the text under every verb, mistaken ones included. Only %p doesn't call it,
// and go vet refuses that.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, s.String()) }

// MarshalText hides the text in JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the text in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
