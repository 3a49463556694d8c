package seal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// KeySize is the length of a key in bytes: AES-256, because sealed values stay in histories
// for years.
const KeySize = 32

// ErrKey is wrapped by every refusal of a key, so that a caller can point at the
// configuration.
var ErrKey = errors.New("sealing key refused")

// idForm keeps key ids short, because each value carries one, and free of the ':' that
// separates the text form.
var idForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

// Key is one sealing key. The id is the prefix of everything that it seals, so that an old
// value still names the key it needs; it is public. The bytes are secret.
type Key struct {
	ID    string
	bytes [KeySize]byte
}

// ParseKey reads a key from its text form, the base64 of 32 random bytes, such as
// `openssl rand -base64 32` prints. Surrounding white space is ignored. Errors
// are [ErrKey]s that never repeat the text.
func ParseKey(id, text string) (Key, error) {
	key := Key{ID: id}
	if !idForm.MatchString(id) {
		return Key{}, fmt.Errorf("%w: an id is 1 to 32 letters, digits, '.', '_' or '-', such as 2026-11", ErrKey)
	}
	bytes, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil {
		// The decoder's own error is left out, because it can quote the text.
		return Key{}, fmt.Errorf("%w: key %q is not base64; make one with `openssl rand -base64 32`", ErrKey, id)
	}
	if len(bytes) != KeySize {
		return Key{}, fmt.Errorf("%w: key %q has %d bytes and needs %d; make one with `openssl rand -base64 32`",
			ErrKey, id, len(bytes), KeySize)
	}
	copy(key.bytes[:], bytes)
	if key.bytes == [KeySize]byte{} {
		return Key{}, fmt.Errorf("%w: key %q is all zeros; make one with `openssl rand -base64 32`", ErrKey, id)
	}
	return key, nil
}

// String returns the key's name, so that a printed key doesn't show its bytes.
func (k Key) String() string { return "sealing key " + k.ID }

// GoString keeps the bytes out of %#v, which ignores String.
func (k Key) GoString() string { return k.String() }

// Format keeps the bytes out of every other verb, because %x and %d ignore String.
func (k Key) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(k.String())) }
