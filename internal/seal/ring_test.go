package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"miniflow/order"
)

const (
	app     = "2021000000000001"
	purpose = "token"
	secret  = "canary-5f2a-token"
)

// key returns the key whose bytes are all b.
func key(t testing.TB, id string, b byte) Key {
	t.Helper()
	made, err := ParseKey(id, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func ring(t testing.TB, keys ...Key) *Ring {
	t.Helper()
	made, err := New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func mustSeal(t testing.TB, r *Ring, text string, context ...string) order.Sealed {
	t.Helper()
	sealed, err := r.Seal([]byte(text), context...)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealedValueHidesWhatItHolds(t *testing.T) {
	r := ring(t, key(t, "a", 1))
	first, second := mustSeal(t, r, secret, app, purpose), mustSeal(t, r, secret, app, purpose)
	if !strings.HasPrefix(string(first), "sealed:v1:a:") {
		t.Errorf("text form is %q", string(first))
	}
	if strings.Contains(string(first), secret) || strings.Contains(string(first), base64.RawURLEncoding.EncodeToString([]byte(secret))) {
		t.Error("the sealed text shows its content")
	}
	if first == second {
		t.Error("the same content sealed twice looks the same")
	}
	opened, err := r.Open(first, app, purpose)
	if err != nil || string(opened) != secret {
		t.Errorf("opened %q, %v", opened, err)
	}
}

func TestRotationKeepsOldValuesReadable(t *testing.T) {
	old, next := key(t, "2026-10", 1), key(t, "2026-11", 2)
	before := mustSeal(t, ring(t, old), secret, app)

	rotating := ring(t, next, old)
	if opened, err := rotating.Open(before, app); err != nil || string(opened) != secret {
		t.Errorf("after rotation the old value opened as %q, %v", opened, err)
	}
	after := mustSeal(t, rotating, secret, app)
	if !strings.HasPrefix(string(after), "sealed:v1:2026-11:") {
		t.Errorf("the first key has to write; got %q", string(after))
	}

	_, err := ring(t, next).Open(before, app)
	if !errors.Is(err, ErrUnknownKey) || !strings.Contains(err.Error(), `"2026-10"`) {
		t.Errorf("a missing key has to be named, got %v", err)
	}
}

func TestPlainValuesAreHonestAndOptIn(t *testing.T) {
	plain := mustSeal(t, None(), secret, app)
	if !strings.HasPrefix(string(plain), "plain:v1:") || None().Seals() {
		t.Errorf("`sealing: none` has to say so, got %q", string(plain))
	}
	if opened, err := None().Open(plain); err != nil || string(opened) != secret {
		t.Errorf("none opened %q, %v", opened, err)
	}
	if _, err := ring(t, key(t, "a", 1)).Open(plain, app); !errors.Is(err, ErrPlain) {
		t.Errorf("a ring with keys read a plain value: %v", err)
	}
	tolerant, err := New([]Key{key(t, "a", 1)}, AcceptPlain())
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := tolerant.Open(plain, app); err != nil || string(opened) != secret {
		t.Errorf("accept plain opened %q, %v", opened, err)
	}
	if _, err := None().Open(mustSeal(t, tolerant, secret, app), app); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("none opened a sealed value: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	r := ring(t, key(t, "a", 1), key(t, "b", 2))
	sealed := string(mustSeal(t, r, secret, app, purpose))
	body := strings.TrimPrefix(sealed, "sealed:v1:a:")
	for name, test := range map[string]struct {
		text    string
		context []string
		want    error
	}{
		"another app":             {sealed, []string{"2021000000000002", purpose}, ErrRefused},
		"another purpose":         {sealed, []string{app, "create"}, ErrRefused},
		"no context":              {sealed, nil, ErrRefused},
		"words joined":            {sealed, []string{app + purpose}, ErrRefused},
		"a word more":             {sealed, []string{app, purpose, ""}, ErrRefused},
		"another key's id":        {"sealed:v1:b:" + body, []string{app, purpose}, ErrRefused},
		"an unknown key's id":     {"sealed:v1:c:" + body, []string{app, purpose}, ErrUnknownKey},
		"an id that is no id":     {"sealed:v1:\x1b[31m:" + body, []string{app, purpose}, ErrRefused},
		"another version":         {"sealed:v2:a:" + body, []string{app, purpose}, ErrRefused},
		"nothing":                 {"", []string{app, purpose}, ErrRefused},
		"the bare secret":         {secret, []string{app, purpose}, ErrRefused},
		"cut before the nonce":    {"sealed:v1:a:AAAA", []string{app, purpose}, ErrRefused},
		"a line break":            {sealed[:30] + "\n" + sealed[30:], []string{app, purpose}, ErrRefused},
		"padding":                 {sealed + "=", []string{app, purpose}, ErrRefused},
		"plain that is no base64": {"plain:v1:*", nil, ErrPlain},
	} {
		t.Run(name, func(t *testing.T) {
			opened, err := r.Open(order.Sealed(test.text), test.context...)
			if !errors.Is(err, test.want) || opened != nil {
				t.Fatalf("opened %q, error %v, want %v", opened, err, test.want)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), body) || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("the error shows content: %v", err)
			}
		})
	}
	if _, err := None().Open("plain:v1:*"); !errors.Is(err, ErrRefused) {
		t.Errorf("none opened what is not base64: %v", err)
	}
}

// Every bit of the text is flipped. There are three lengths, because the last character of
// base64 has spare bits in two of them.
func TestEveryChangedCharacterIsRefused(t *testing.T) {
	r := ring(t, key(t, "a", 1))
	for _, text := range []string{secret, secret + "1", secret + "12"} {
		sealed := []byte(mustSeal(t, r, text, app, purpose))
		for i := range sealed {
			for bit := range 8 {
				changed := bytes.Clone(sealed)
				changed[i] ^= 1 << bit
				if opened, err := r.Open(order.Sealed(changed), app, purpose); err == nil || opened != nil {
					t.Fatalf("character %d bit %d changed and it opened as %q", i, bit, opened)
				}
			}
			if _, err := r.Open(order.Sealed(sealed[:i]), app, purpose); err == nil {
				t.Fatalf("cut after %d characters and it opened", i)
			}
		}
	}
}

func TestAnythingSealedOpensInItsOwnContextAlone(t *testing.T) {
	first, second := key(t, "a", 1), key(t, "b", 2)
	rapid.Check(t, func(t *rapid.T) {
		plaintext := rapid.SliceOf(rapid.Byte()).Draw(t, "plaintext")
		words := rapid.SliceOfN(rapid.String(), 0, 3)
		context, other := words.Draw(t, "context"), words.Draw(t, "other")
		writing, _ := New([]Key{first})
		reading, _ := New([]Key{second, first})
		sealed, err := writing.Seal(plaintext, context...)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := reading.Open(sealed, context...)
		if err != nil || !bytes.Equal(opened, plaintext) {
			t.Fatalf("opened %x, %v", opened, err)
		}
		if same := cmp.Equal(context, other) || len(context)+len(other) == 0; same {
			return
		}
		if _, err := reading.Open(sealed, other...); !errors.Is(err, ErrRefused) {
			t.Fatalf("opened with context %q instead of %q: %v", other, context, err)
		}
	})
}

func TestNoRandomnessMeansNoSealing(t *testing.T) {
	r, err := New([]Key{key(t, "a", 1)})
	if err != nil {
		t.Fatal(err)
	}
	r.rand = strings.NewReader("short")
	if sealed, err := r.Seal([]byte(secret)); err == nil || sealed != "" {
		t.Errorf("sealed %q without a whole nonce, %v", string(sealed), err)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	zero := base64.StdEncoding.EncodeToString(make([]byte, KeySize))
	for name, test := range map[string]struct{ id, text string }{
		"empty id":        {"", zero},
		"colon in id":     {"a:b", zero},
		"no base64":       {"a", secret + "!!"},
		"sixteen bytes":   {"a", base64.StdEncoding.EncodeToString([]byte("0123456789abcdef"))},
		"nothing":         {"a", ""},
		"all zeros":       {"a", zero},
		"sloppy spelling": {"a", strings.Replace(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, KeySize)), "E=", "F=", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseKey(test.id, test.text)
			if !errors.Is(err, ErrKey) {
				t.Fatalf("got %v", err)
			}
			if test.text != "" && strings.Contains(err.Error(), test.text) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
	a := key(t, "a", 1)
	for name, keys := range map[string][]Key{"none": nil, "twice": {a, a}, "zero value": {{ID: "z"}}} {
		if _, err := New(keys); !errors.Is(err, ErrKey) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestKeysNeverPrintTheirBytes(t *testing.T) {
	k := key(t, "a", 'K')
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		if text := fmt.Sprintf(verb, k); text != "sealing key a" {
			t.Errorf("%s prints %q", verb, text)
		}
	}
}

// FuzzOpen checks that only sealed values open. Fuzzing runs in several processes, so the
// genuine value has to be the same in each: its nonce is fixed.
func FuzzOpen(f *testing.F) {
	r, err := New([]Key{key(f, "a", 1)})
	if err != nil {
		f.Fatal(err)
	}
	r.rand = strings.NewReader("twelve bytes")
	genuine := mustSeal(f, r, secret, app)
	f.Add(string(genuine))
	f.Add("sealed:v1:a:")
	f.Add("plain:v1:AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		opened, err := r.Open(order.Sealed(text), app)
		if text == string(genuine) {
			if err != nil || string(opened) != secret {
				t.Fatalf("the genuine value: %q, %v", opened, err)
			}
			return
		}
		if err == nil || opened != nil {
			t.Fatalf("%q opened as %q", text, opened)
		}
	})
}

// A fuzz target whose seeds are gone still passes; this fails instead.
func TestFuzzSeedsAreThere(t *testing.T) {
	seeds, err := os.ReadDir("testdata/fuzz/FuzzOpen")
	if err != nil || len(seeds) < 7 {
		t.Fatalf("%d seeds, %v", len(seeds), err)
	}
	genuine, err := os.ReadFile("testdata/fuzz/FuzzOpen/genuine")
	if err != nil || !strings.Contains(string(genuine), "sealed:v1:a:") {
		t.Errorf("the genuine seed is %q, %v", genuine, err)
	}
}
