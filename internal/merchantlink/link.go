package merchantlink

import (
	"encoding/binary"
	"errors"
	"math/big"
	"strings"
	"time"

	"miniflow/order"
)

// Path is where the pages are, under the public address.
const Path = "/m/"

// Life is how long a link lives from the moment at which something is asked of the merchant. Alipay
// says of no deadline of its own how long it is; the longest that is known of is 15 days.
const Life = 30 * 24 * time.Hour

// Length is the number of characters of a link's code.
const Length = 23

// What a code is made of, in bytes; see the package's comment.
const (
	idBytes  = 7
	dayBytes = 2
	tagBytes = 8
)

const purpose = "merchant link"

// ErrInvalid is all that is said of a link that is none, of one that was altered, and of one that has
// ended: whoever tries some learns nothing.
var ErrInvalid = errors.New("no such link")

// Tagger makes and knows tags; a seal.Ring is one.
type Tagger interface {
	Tag(message []byte, context ...string) []byte
	Tagged(message, claimed []byte, context ...string) bool
}

// Maker makes links under one public address.
type Maker struct {
	base string
	ring Tagger
}

// New returns a maker, or nil where there is no public address or no key: then no link is made.
func New(publicURL string, ring Tagger) *Maker {
	if publicURL == "" || ring == nil || ring.Tag(nil) == nil {
		return nil
	}
	return &Maker{base: strings.TrimRight(publicURL, "/"), ring: ring}
}

// Link returns the link of an order that lives until a moment, to the end of that day (UTC). A nil
// maker returns none.
func (m *Maker) Link(appID, outOrderNo string, until time.Time) string {
	if m == nil {
		return ""
	}
	text := make([]byte, 8, idBytes+dayBytes+tagBytes)
	binary.BigEndian.PutUint64(text, uint64(order.MerchantLinkID(appID, outOrderNo))) //nolint:gosec // it has 56 bits
	text = binary.BigEndian.AppendUint16(text[1:], dayOf(until))
	return m.base + Path + write(append(text, m.ring.Tag(text, purpose)[:tagBytes]...))
}

// Read returns the id of the order that a code is about, or [ErrInvalid]. It asks nobody, and takes as
// long for each code of the right length.
func (m *Maker) Read(code string, now time.Time) (id int64, err error) {
	bytes, ok := read(code)
	text, claimed := bytes[:idBytes+dayBytes], bytes[idBytes+dayBytes:]
	tagged := m.ring.Tagged(text, claimed, purpose)
	day := binary.BigEndian.Uint16(text[idBytes:])
	if !ok || !tagged || day < dayOf(now) {
		return 0, ErrInvalid
	}
	return int64(binary.BigEndian.Uint64(append([]byte{0}, text...)[:8])), nil //nolint:gosec // it has 56 bits
}

// epoch is the first day that a link can name, of 65,536.
var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func dayOf(moment time.Time) uint16 {
	const day = 24 * time.Hour
	return uint16(max(0, min(moment.Sub(epoch)/day, 1<<16-1)))
}

// The alphabet has letters and digits alone: what finds links in an SMS may end one at any other
// character.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func write(bytes []byte) string {
	number, base, digit := new(big.Int).SetBytes(bytes), big.NewInt(int64(len(alphabet))), new(big.Int)
	text := make([]byte, Length)
	for i := Length - 1; i >= 0; i-- {
		number.DivMod(number, base, digit)
		text[i] = alphabet[digit.Int64()]
	}
	return string(text)
}

// read returns the bytes of a code, zeros with what is none.
func read(code string) (bytes []byte, ok bool) {
	const size = idBytes + dayBytes + tagBytes
	number, base := new(big.Int), big.NewInt(int64(len(alphabet)))
	for i := 0; i < len(code) && i < Length; i++ {
		at := strings.IndexByte(alphabet, code[i])
		if at < 0 {
			return make([]byte, size), false
		}
		number.Add(number.Mul(number, base), big.NewInt(int64(at)))
	}
	if len(code) != Length || number.BitLen() > 8*size {
		return make([]byte, size), false
	}
	return number.FillBytes(make([]byte, size)), true
}
