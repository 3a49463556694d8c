package archive

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	saltFolder    = "salt"
	orderSuffix   = ".order"
	purgedSuffix  = ".purged"
	numberDigits  = 2 * sha256.Size
	merchantBytes = 16
)

// appForm keeps a name from leading elsewhere.
var appForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// salt makes the digests in the names.
type salt struct {
	name   string
	secret []byte
}

func (s salt) digest(words ...string) []byte {
	hash := hmac.New(sha256.New, s.secret)
	for _, word := range words {
		hash.Write([]byte(strconv.Itoa(len(word)) + ":" + word))
	}
	return hash.Sum(nil)
}

func (s salt) number(appID, outOrderNo string) string {
	return hex.EncodeToString(s.digest("number", appID, outOrderNo))
}

func (s salt) merchant(appID, merchantRef string) string {
	return hex.EncodeToString(s.digest("merchant", appID, merchantRef)[:merchantBytes])
}

// Kept is one thing that the archive keeps, as its name says it.
type Kept struct {
	AppID string
	// Number and Merchant are digests; see [Store.Digests].
	Number, Merchant string
	ClosedAt         time.Time
	Purged           bool
}

func (k Kept) folder() string { return k.AppID + "/" + k.Number }

func (k Kept) String() string {
	if k.Purged {
		return k.folder() + "/" + k.Merchant + ".0" + purgedSuffix
	}
	return k.folder() + "/" + k.Merchant + "." + strconv.FormatInt(k.ClosedAt.UnixMilli(), 10) + orderSuffix
}

// readName reads a name. What has another form is not an order, and is left alone.
func readName(name string) (Kept, bool) {
	parts := strings.Split(name, "/")
	if len(parts) != 3 || !appForm.MatchString(parts[0]) || len(parts[1]) != numberDigits {
		return Kept{}, false
	}
	k := Kept{AppID: parts[0], Number: parts[1]}
	merchant, rest, _ := strings.Cut(parts[2], ".")
	moment, suffix, _ := strings.Cut(rest, ".")
	closed, err := strconv.ParseInt(moment, 10, 64)
	if err != nil {
		return Kept{}, false
	}
	k.Merchant, k.ClosedAt, k.Purged = merchant, time.UnixMilli(closed), "."+suffix == purgedSuffix
	return k, k.Purged || "."+suffix == orderSuffix
}
