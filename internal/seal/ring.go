package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"miniflow/order"
)

// The reasons why a value could not be opened. None of them reveals anything about its
// content.
var (
	// ErrUnknownKey means that the value names a key that this ring does not hold, mostly
	// because it was removed too early.
	ErrUnknownKey = errors.New("no such sealing key")
	// ErrRefused means that the value was altered, cut, or sealed for another context;
	// AES-GCM can't tell which.
	ErrRefused = errors.New("sealed value refused")
	// ErrPlain means that the value was written under `sealing: none`, which this ring does
	// not accept because nothing protects such a value.
	ErrPlain = errors.New("value is not sealed")
)

// The text forms: "sealed:v1:<key id>:<base64 of nonce and ciphertext>" and
// "plain:v1:<base64>". Base64 has no padding and the URL alphabet, so it needs no escaping
// anywhere.
const (
	sealedPrefix = "sealed:v1:"
	plainPrefix  = "plain:v1:"
)

// Ring seals with its first key and opens with any, so that keys can be rotated. It is safe
// for concurrent use.
type Ring struct {
	rand       io.Reader
	writer     string
	ciphers    map[string]cipher.AEAD
	tagKeys    map[string][]byte
	secrets    map[string][KeySize]byte
	acceptOpen bool
}

// Option configures a [Ring], so that the strict one is the default.
type Option func(*Ring)

// AcceptPlain allows a ring with keys to open what was written under `sealing: none`, for the
// time after an installation has turned sealing on. Use it no longer than necessary, because
// a plain value is bound to no context, and anyone who can write to Temporal can make one.
func AcceptPlain() Option { return func(ring *Ring) { ring.acceptOpen = true } }

// New returns a ring. The first key seals, all of them open, so that keys can be rotated.
// Errors are [ErrKey]s: no key at all, a zero key, or one id twice.
func New(keys []Key, options ...Option) (*Ring, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: a ring needs at least one key; `sealing: none` is the way to have none", ErrKey)
	}
	ring := &Ring{
		rand: rand.Reader, writer: keys[0].ID, ciphers: make(map[string]cipher.AEAD, len(keys)),
		tagKeys: make(map[string][]byte, len(keys)), secrets: make(map[string][KeySize]byte, len(keys)),
	}
	for _, key := range keys {
		if err := ring.add(key); err != nil {
			return nil, err
		}
	}
	for _, option := range options {
		option(ring)
	}
	return ring, nil
}

func (r *Ring) add(key Key) error {
	if key.ID == "" || key.bytes == [KeySize]byte{} {
		return fmt.Errorf("%w: key %q is empty; read keys with ParseKey", ErrKey, key.ID)
	}
	if r.ciphers[key.ID] != nil {
		return fmt.Errorf("%w: two keys have the id %q; give each its own", ErrKey, key.ID)
	}
	r.secrets[key.ID] = key.bytes
	block, err := aes.NewCipher(key.bytes[:])
	if err != nil {
		return fmt.Errorf("prepare %v: %w", key, err)
	}
	if r.ciphers[key.ID], err = cipher.NewGCM(block); err != nil {
		return fmt.Errorf("prepare %v: %w", key, err)
	}
	r.tagKeys[key.ID] = tagKey(key)
	return nil
}

// None returns the ring of `sealing: none`. It marks its values as plain, so that they are
// not mistaken for sealed ones, and it can't open sealed values.
func None() *Ring { return &Ring{acceptOpen: true} }

// Seals reports whether this ring really seals; false only for [None], so that a caller can
// warn.
func (r *Ring) Seals() bool { return r.writer != "" }

// Seal seals plaintext for one context, the words that name its owner and purpose: the app id
// first, then the purpose. The same words are needed to open it, so that a token of one app
// can't be passed off as another's. It fails only if there is no randomness.
func (r *Ring) Seal(plaintext []byte, context ...string) (order.Sealed, error) {
	if !r.Seals() {
		return order.Sealed(plainPrefix + base64.RawURLEncoding.EncodeToString(plaintext)), nil
	}
	aead := r.ciphers[r.writer]
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plaintext)+aead.Overhead())
	if _, err := io.ReadFull(r.rand, nonce); err != nil {
		return "", fmt.Errorf("seal with key %q: draw a nonce: %w", r.writer, err)
	}
	sealed := aead.Seal(nonce, nonce, plaintext, bind(r.writer, context))
	return order.Sealed(sealedPrefix + r.writer + ":" + base64.RawURLEncoding.EncodeToString(sealed)), nil
}

// Open returns what was sealed for this context. Errors are [ErrUnknownKey], [ErrRefused] or
// [ErrPlain]; with an error nothing is returned, so that no altered text is used.
func (r *Ring) Open(sealed order.Sealed, context ...string) ([]byte, error) {
	text := string(sealed)
	if body, ok := strings.CutPrefix(text, plainPrefix); ok {
		return r.openPlain(body)
	}
	body, ok := strings.CutPrefix(text, sealedPrefix)
	id, encoded, found := strings.Cut(body, ":")
	if !ok || !found || !idForm.MatchString(id) {
		return nil, fmt.Errorf("%w: it does not begin like a sealed value; it was altered, or never sealed", ErrRefused)
	}
	aead := r.ciphers[id]
	if aead == nil {
		return nil, fmt.Errorf("%w: %q is not in the configuration; put it back under sealing.keys, after the key that writes",
			ErrUnknownKey, id)
	}
	bytes, err := decode(encoded)
	if err != nil || len(bytes) < aead.NonceSize() {
		return nil, fmt.Errorf("%w: what follows key %q is not whole; it was altered or cut", ErrRefused, id)
	}
	nonce, ciphertext := bytes[:aead.NonceSize()], bytes[aead.NonceSize():]
	plaintext, err := aead.Open(nil, nonce, ciphertext, bind(id, context))
	if err != nil {
		return nil, fmt.Errorf("%w: key %q does not open it; it was altered, belongs to something else, or the key's bytes changed under the same id",
			ErrRefused, id)
	}
	return plaintext, nil
}

// Current reports whether a value is sealed under the key that seals, so that it needs no resealing.
func (r *Ring) Current(sealed order.Sealed) bool {
	id, known := KeyOf(sealed)
	return known && id == r.writer
}

// Writer is the id of the key that seals; empty for [None].
func (r *Ring) Writer() string { return r.writer }

// KeyOf returns the id of the key that a value is sealed under, empty for one of `sealing: none`, and
// whether it is a value of this package.
func KeyOf(sealed order.Sealed) (id string, known bool) {
	if strings.HasPrefix(string(sealed), plainPrefix) {
		return "", true
	}
	body, ok := strings.CutPrefix(string(sealed), sealedPrefix)
	id, _, found := strings.Cut(body, ":")
	return id, ok && found
}

func (r *Ring) openPlain(body string) ([]byte, error) {
	if !r.acceptOpen {
		return nil, fmt.Errorf("%w: it was written under `sealing: none`; set sealing.accept_plain until such orders have ended", ErrPlain)
	}
	plaintext, err := decode(body)
	if err != nil {
		return nil, fmt.Errorf("%w: a plain value that is not base64; it was altered or cut", ErrRefused)
	}
	return plaintext, nil
}

// decode refuses line breaks, which Go's decoder skips even when strict, so that one value
// has one spelling.
func decode(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, base64.CorruptInputError(0)
	}
	return base64.RawURLEncoding.Strict().DecodeString(text)
}

// bind writes the version, the key's id and the context so that no two lists of words give
// the same bytes: each word is preceded by its length.
func bind(keyID string, context []string) []byte {
	bound := []byte(sealedPrefix)
	for _, word := range append([]string{keyID}, context...) {
		bound = binary.BigEndian.AppendUint64(bound, uint64(len(word)))
		bound = append(bound, word...)
	}
	return bound
}
