package alipay

import "log/slog"

const redacted = "[redacted]"

// Secret is a token or code that must not reach a log, an error text or a JSON document by
// accident: every usual way of printing it yields "[redacted]". [Secret.Reveal] is the only
// way to its value, so that each use can be found.
type Secret string

// Reveal returns the value itself. It is a method with a telling name, so that each use can
// be found and justified.
func (s Secret) Reveal() string { return string(s) }

// String hides the value. An empty secret prints as empty, so that a missing token remains
// visible.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString hides the value from %#v, which ignores String.
func (s Secret) GoString() string { return `alipay.Secret("` + s.String() + `")` }

// LogValue hides the value from slog, whose JSON handler ignores String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from XML, YAML and command-line printers, which ignore String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON hides the value from encoding/json. Code that has to keep a secret seals
// [Secret.Reveal], because a document that went through JSON has lost it.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }
