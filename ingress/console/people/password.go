package people

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// The work of a new hash: what OWASP asks of argon2id, some 40 ms and 19 MiB. A hash that another
// program has made may ask for more, within limits, because each try costs this process as much.
const (
	hashMemory  = 19 * 1024 // KiB
	hashTime    = 2
	hashThreads = 1
	hashSalt    = 16
	hashKey     = 32

	mostMemory  = 256 * 1024
	mostTime    = 16
	mostThreads = 16
)

// LeastPassword is the fewest characters of a password, and MostPassword the most bytes, so that a
// try costs no more than its hash.
const (
	LeastPassword = 12
	MostPassword  = 1024
)

// hash is an argon2id hash, taken apart.
type hash struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

// nobody is what a try for an unknown name is compared with: the work is the same, and no password
// fits, because nobody knows one for a random key.
func nobody() hash {
	return hash{hashMemory, hashTime, hashThreads, random(hashSalt), random(hashKey)}
}

func random(size int) []byte {
	bytes := make([]byte, size)
	_, _ = rand.Read(bytes) // never fails: it ends the program instead
	return bytes
}

// HashPassword returns the argon2id hash of a password in PHC form, as the people file keeps it.
func HashPassword(password string) (string, error) {
	text := norm.NFC.String(password)
	switch {
	case len([]rune(text)) < LeastPassword:
		return "", fmt.Errorf("the password has fewer than %d characters; take a longer one", LeastPassword)
	case len(text) > MostPassword:
		return "", fmt.Errorf("the password has more than %d bytes; take a shorter one", MostPassword)
	}
	salt := random(hashSalt)
	key := argon2.IDKey([]byte(text), salt, hashTime, hashMemory, hashThreads, hashKey)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, hashMemory, hashTime, hashThreads, encode(salt), encode(key)), nil
}

// GeneratePassword returns a password that nobody guesses: 100 random bits, in letters and digits
// that can't be mistaken for each other, in groups that can be typed.
func GeneratePassword() string {
	const letters = "23456789abcdefghjkmnpqrstuvwxyz2" // 32, so that each is as likely; the 2 twice
	var text strings.Builder
	for i, b := range random(20) {
		if i > 0 && i%5 == 0 {
			text.WriteByte('-')
		}
		text.WriteByte(letters[b%32])
	}
	return text.String()
}

var errHash = errors.New("is no argon2id hash such as `miniflow people password` makes: $argon2id$v=19$m=…,t=…,p=…$salt$key")

func parseHash(text string) (hash, error) {
	var h hash
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errHash
	}
	n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads)
	if err != nil || n != 3 || parts[3] != fmt.Sprintf("m=%d,t=%d,p=%d", h.memory, h.time, h.threads) {
		return h, errHash
	}
	var failed [2]error
	h.salt, failed[0] = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	h.key, failed[1] = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if errors.Join(failed[:]...) != nil || len(h.salt) < 8 || len(h.key) < 16 || len(h.key) > 64 || h.time < 1 || h.threads < 1 {
		return h, errHash
	}
	if h.memory > mostMemory || h.time > mostTime || h.threads > mostThreads {
		return h, fmt.Errorf("asks for more work than m=%d,t=%d,p=%d; make it anew with `miniflow people password`", mostMemory, mostTime, mostThreads)
	}
	return h, nil
}

// fits does the work of the hash, whatever the password is.
func (h hash) fits(password string) bool {
	key := argon2.IDKey([]byte(norm.NFC.String(password)), h.salt, h.time, h.memory, h.threads, uint32(len(h.key))) //nolint:gosec // at most 64
	return subtle.ConstantTimeCompare(key, h.key) == 1
}
