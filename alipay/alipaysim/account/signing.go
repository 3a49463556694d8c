package account

import (
	"crypto/sha256"
	"sync"

	"miniflow/alipay/alipaysim/wire"
)

// MaxBurst bounds how many messages one call makes, and with it the memory that
// signatures made ahead take.
const MaxBurst = 10_000

// signatures are those that were made, most of them before they are needed, by the
// digest of their text, so that a burst measures its receiver and not the signer.
type signatures struct {
	mu   sync.Mutex
	made map[[sha256.Size]byte]string
}

// Sign returns the app's signature of the text as Alipay makes it: one that was
// made before, or a new one, which the retries will need again.
func (a App) Sign(text string) (string, error) {
	if a.ahead == nil {
		return wire.Sign(a.AlipayPrivateKey, text)
	}
	if signature, made := a.Signed(text); made {
		return signature, nil
	}
	signature, err := wire.Sign(a.AlipayPrivateKey, text)
	if err != nil {
		return "", err
	}
	a.ahead.mu.Lock()
	defer a.ahead.mu.Unlock()
	if a.ahead.made == nil || len(a.ahead.made) >= MaxBurst {
		a.ahead.made = map[[sha256.Size]byte]string{}
	}
	a.ahead.made[sha256.Sum256([]byte(text))] = signature
	return signature, nil
}

// Signed returns the signature of a text that was made before, if it is kept. By it a
// test sees that a burst is signed before it is due.
func (a App) Signed(text string) (signature string, made bool) {
	a.ahead.mu.Lock()
	defer a.ahead.mu.Unlock()
	signature, made = a.ahead.made[sha256.Sum256([]byte(text))]
	return signature, made
}

// SignAhead makes the signatures of the texts, and forgets earlier ones: memory
// holds one burst, and what else is signed until the next.
func (a App) SignAhead(texts []string) error {
	made := make(map[[sha256.Size]byte]string, len(texts))
	for _, text := range texts {
		sum := sha256.Sum256([]byte(text))
		if _, twice := made[sum]; twice {
			continue
		}
		signature, err := wire.Sign(a.AlipayPrivateKey, text)
		if err != nil {
			return err
		}
		made[sum] = signature
	}
	a.ahead.mu.Lock()
	defer a.ahead.mu.Unlock()
	a.ahead.made = made
	return nil
}
