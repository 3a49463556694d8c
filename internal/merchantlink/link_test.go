package merchantlink_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"miniflow/internal/merchantlink"
	"miniflow/internal/seal"
	"miniflow/order"
)

const base = "https://isv.example.com"

var now = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

func ringOf(t *testing.T, ids ...string) *seal.Ring {
	t.Helper()
	var keys []seal.Key
	for _, id := range ids {
		key, err := seal.ParseKey(id, base64.StdEncoding.EncodeToString([]byte(strings.Repeat(id, 32)[:32])))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	ring, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func codeOf(t *testing.T, link string) string {
	t.Helper()
	code, found := strings.CutPrefix(link, base+merchantlink.Path)
	if !found || len(code) != merchantlink.Length {
		t.Fatalf("the link is %q", link)
	}
	return code
}

// TestALinkIsItsOrders, whatever the order's number is like, and the same each time it is made.
func TestALinkIsItsOrders(t *testing.T) {
	links := merchantlink.New(base+"/", ringOf(t, "a"))
	for _, number := range []string{"1", "shop-7-first", strings.Repeat("Z", 28) + "_-09", strings.Repeat("a", 32)} {
		link := links.Link("2021000000000000", number, now.Add(merchantlink.Life))
		id, err := links.Read(codeOf(t, link), now)
		if err != nil || id != order.MerchantLinkID("2021000000000000", number) || id <= 0 || id >= 1<<56 {
			t.Errorf("%s: %d, %v", number, id, err)
		}
		if again := links.Link("2021000000000000", number, now.Add(merchantlink.Life+time.Hour)); again != link {
			t.Errorf("it is %s, then %s", link, again)
		}
	}
}

// TestALinkEnds with its day, and lives until then.
func TestALinkEnds(t *testing.T) {
	links := merchantlink.New(base, ringOf(t, "a"))
	code := codeOf(t, links.Link("app", "no", now.Add(merchantlink.Life)))
	for after, lives := range map[time.Duration]bool{0: true, merchantlink.Life: true, merchantlink.Life + 16*time.Hour: false, 20 * 365 * 24 * time.Hour: false} {
		if _, err := links.Read(code, now.Add(after)); (err == nil) != lives {
			t.Errorf("after %v: %v", after, err)
		}
	}
}

// TestEveryOtherCharacterIsRefused: no character of a link can be another, and a forger with a key of
// his own makes none.
func TestEveryOtherCharacterIsRefused(t *testing.T) {
	links := merchantlink.New(base, ringOf(t, "a"))
	code := codeOf(t, links.Link("app", "no", now.Add(merchantlink.Life)))
	forged := codeOf(t, merchantlink.New(base, ringOf(t, "b")).Link("app", "no", now.Add(merchantlink.Life)))
	wrong := []string{"", "x", forged, code + "0", code[1:], strings.Repeat("z", merchantlink.Length), strings.Repeat("0", merchantlink.Length), strings.Repeat("小", 23), code[:22] + "/", code[:22] + "\n"}
	for i := range code {
		for _, other := range "09AZaz-_ " {
			if string(other) != code[i:i+1] {
				wrong = append(wrong, code[:i]+string(other)+code[i+1:])
			}
		}
	}
	for _, text := range wrong {
		if id, err := links.Read(text, now); !errors.Is(err, merchantlink.ErrInvalid) || id != 0 {
			t.Errorf("%q is read as %d, %v", text, id, err)
		}
	}
}

// TestALinkOutlivesARotation, for as long as the ring holds the old key.
func TestALinkOutlivesARotation(t *testing.T) {
	code := codeOf(t, merchantlink.New(base, ringOf(t, "a")).Link("app", "no", now.Add(merchantlink.Life)))
	for name, c := range map[string]struct {
		keys  []string
		opens bool
	}{"another process": {[]string{"a"}, true}, "rotated": {[]string{"b", "a"}, true}, "removed": {[]string{"b"}, false}} {
		if _, err := merchantlink.New(base, ringOf(t, c.keys...)).Read(code, now); (err == nil) != c.opens {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLinksAreUnique, each of a thousand orders', and of the days of one.
func TestLinksAreUnique(t *testing.T) {
	links, seen := merchantlink.New(base, ringOf(t, "a")), map[string]bool{}
	for i := range 1000 {
		seen[links.Link("app", "order-"+strings.Repeat("x", i%20)+string(rune('0'+i%10))+base64.RawURLEncoding.EncodeToString([]byte{byte(i >> 8), byte(i)}), now)] = true
		seen[links.Link("app", "one", now.Add(time.Duration(i)*24*time.Hour))] = true
	}
	if len(seen) != 2000 {
		t.Errorf("%d of 2000 links are different", len(seen))
	}
}

// TestNoLinkWithoutAnAddressOrAKey.
func TestNoLinkWithoutAnAddressOrAKey(t *testing.T) {
	if merchantlink.New("", ringOf(t, "a")) != nil || merchantlink.New(base, seal.None()) != nil || (*merchantlink.Maker)(nil).Link("a", "b", now) != "" {
		t.Error("there are links")
	}
}
