package people

import (
	"errors"
	"strings"
	"testing"
)

func TestAHashFitsItsPasswordAlone(t *testing.T) {
	h, err := parseHash(passwordHash())
	if err != nil || !h.fits(password) || h.fits(password+"x") || h.fits("") {
		t.Fatalf("%v", err)
	}
	again, err := HashPassword(password)
	if err != nil || again == passwordHash() {
		t.Error("the same password twice has the same hash")
	}
	if nobody().fits("") {
		t.Error("nobody has a password")
	}
}

func TestAPasswordIsItsLetters(t *testing.T) {
	composed, err := HashPassword("pässwort-länger") // NFC
	if err != nil {
		t.Fatal(err)
	}
	h, err := parseHash(composed)
	if err != nil || !h.fits("pa\u0308sswort-la\u0308nger") {
		t.Error("the same letters, written in another way, are the same password")
	}
}

func TestHashesAreReadStrictly(t *testing.T) {
	good := passwordHash()
	for name, text := range map[string]string{
		"nothing":         "",
		"clear":           "correct horse",
		"argon2i":         strings.Replace(good, "argon2id", "argon2i", 1),
		"another version": strings.Replace(good, "v=19", "v=16", 1),
		"no work":         strings.Replace(good, "t=2", "t=0", 1),
		"no threads":      strings.Replace(good, "p=1", "p=0", 1),
		"too much memory": strings.Replace(good, "m=19456", "m=4194304", 1),
		"too much time":   strings.Replace(good, "t=2", "t=1000", 1),
		"more after":      good + "$",
		"spare text":      strings.Replace(good, "p=1", "p=1x", 1),
		"short key":       good[:strings.LastIndex(good, "$")+1] + "AAAA",
		"no key":          good[:strings.LastIndex(good, "$")+1],
		"no base64":       good[:len(good)-1] + "*",
	} {
		if _, err := parseHash(text); err == nil {
			t.Errorf("%s was taken", name)
		} else if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%s: the error shows it", name)
		}
	}
	if _, err := parseHash(""); !errors.Is(err, errHash) {
		t.Error(err)
	}
}

func TestPasswordsHaveALength(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("密", LeastPassword-1), strings.Repeat("x", MostPassword+1)} {
		if _, err := HashPassword(text); err == nil {
			t.Errorf("%d bytes were taken", len(text))
		}
	}
	if _, err := HashPassword(strings.Repeat("密", LeastPassword)); err != nil {
		t.Error(err)
	}
}

func TestAMadePasswordIsNew(t *testing.T) {
	first, second := GeneratePassword(), GeneratePassword()
	if first == second || len(first) != 23 || strings.ContainsAny(first, "01ilo") {
		t.Errorf("%q %q", first, second)
	}
}
