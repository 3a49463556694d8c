package files

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	fileSuffix  = ".file"
	namedSuffix = ".named"
	shownSuffix = ".shown"
)

// The forms of what becomes part of a name. App ids and hashes were checked by who asks; that they
// can't lead elsewhere is seen to here as well.
var (
	appForm  = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
	hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// place is where one file of one app is kept.
type place struct{ app, sum string }

func placeOf(appID, sum string) (place, error) {
	if !appForm.MatchString(appID) || !hashForm.MatchString(sum) {
		return place{}, fmt.Errorf("%w: an app id or a SHA-256 has another form", ErrNone)
	}
	return place{appID, sum}, nil
}

// String is the place's folder. An app's files are never mixed with another's.
func (p place) String() string { return p.app + "/" + p.sum }

// kept is one thing that is kept of a file: the file itself, that an order named it, or that an
// order shows it.
type kept struct {
	place
	at    time.Time
	order string // empty for the file itself
	shown bool
}

// String is its name. A number of an order is written in hexadecimal, since some disks take two
// numbers that differ in case for one.
func (k kept) String() string {
	name := k.place.String() + "/" + strconv.FormatInt(k.at.UnixMilli(), 10)
	if k.order == "" {
		return name + fileSuffix
	}
	suffix := namedSuffix
	if k.shown {
		suffix = shownSuffix
	}
	return name + "." + hex.EncodeToString([]byte(k.order)) + suffix
}

// readName reads a name. What has another form is not ours, and is left alone.
func readName(name string) (kept, bool) {
	parts := strings.Split(name, "/")
	if len(parts) != 3 {
		return kept{}, false
	}
	found, err := placeOf(parts[0], parts[1])
	if err != nil {
		return kept{}, false
	}
	moment, rest, _ := strings.Cut(parts[2], ".")
	milliseconds, err := strconv.ParseInt(moment, 10, 64)
	if err != nil {
		return kept{}, false
	}
	k := kept{place: found, at: time.UnixMilli(milliseconds)}
	if "."+rest == fileSuffix {
		return k, true
	}
	number, named := strings.CutSuffix(rest, namedSuffix)
	if !named {
		number, k.shown = strings.CutSuffix(rest, shownSuffix)
	}
	order, err := hex.DecodeString(number)
	k.order = string(order)
	return k, (named || k.shown) && err == nil && k.order != ""
}
