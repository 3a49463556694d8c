package account

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"testing"
)

// A retry is not signed again, and what is kept for retries has a bound.
func TestSignaturesAreKeptForRetries(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, MinKeyBits)
	if err != nil {
		t.Fatal(err)
	}
	app, err := App{ID: "app", AppPublicKey: &key.PublicKey, AlipayPrivateKey: key}.checked()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := app.Sign("a text"); err != nil || len(app.ahead.made) != 1 {
			t.Fatalf("%d signatures, %v", len(app.ahead.made), err)
		}
	}
	kept := sha256.Sum256([]byte("a text"))
	app.ahead.made[kept] = "the one that was kept"
	if got, err := app.Sign("a text"); err != nil || got != "the one that was kept" {
		t.Errorf("signed again: %s, %v", got, err)
	}
	for i := range MaxBurst {
		app.ahead.made[sha256.Sum256([]byte{byte(i), byte(i >> 8)})] = ""
	}
	if _, err := app.Sign("another text"); err != nil || len(app.ahead.made) != 1 {
		t.Errorf("%d signatures, %v", len(app.ahead.made), err)
	}
}
