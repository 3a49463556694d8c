package service

import (
	"context"
	"sync"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/keys"
)

// alipayKeys are the keys of Alipay that one app goes by: those of its
// configuration and, in certificate mode, those that Alipay has changed to since.
type alipayKeys struct {
	mu         sync.RWMutex
	configured []keys.AlipayKey
	fetched    []keys.AlipayKey
	// unknown holds one serial number under which Alipay has signed an answer and that is not
	// here. One is enough, because every further answer names it again.
	unknown chan string
}

func newAlipayKeys(configured []keys.AlipayKey) *alipayKeys {
	return &alipayKeys{configured: configured, unknown: make(chan string, 1)}
}

// lookup returns the keys of a certificate, all of them where no certificate is named. It is
// asked about answers to our own calls alone, which came over TLS from where Alipay is: a
// notification, which anybody can send, never leads to a download.
func (k *alipayKeys) lookup(certSN string) []keys.PublicKey {
	var public []keys.PublicKey
	for _, key := range k.all() {
		if certSN == "" || key.CertSN == certSN {
			public = append(public, key.Public)
		}
	}
	if len(public) == 0 && certSN != "" {
		select {
		// Never waited for: this is on the way of an answer, and a download must not hold up a call.
		case k.unknown <- certSN:
		default: // one at a time; the next answer asks again
		}
	}
	return public
}

// all returns a list of its own, because fetched keys are added while others read.
func (k *alipayKeys) all() []keys.AlipayKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	// The configured ones come first, so that the number of a key that `verify` prints is its
	// place in the file.
	all := make([]keys.AlipayKey, 0, len(k.configured)+len(k.fetched))
	return append(append(all, k.configured...), k.fetched...)
}

// has is asked before a download and after it, because an answer brings the certificate twice: as
// what it is signed under, and as what was asked for.
func (k *alipayKeys) has(certSN string) bool {
	for _, key := range k.all() {
		if key.CertSN == certSN {
			return true
		}
	}
	return false
}

// wanted waits for a certificate to ask Alipay for: an unknown one, or, when it is
// time for a look, the newest. It is empty when the context ends. Load takes over what others have
// fetched, when it is time for that, and before one is asked for.
func (k *alipayKeys) wanted(ctx context.Context, look, share <-chan time.Time, load func()) string {
	for {
		select {
		case <-ctx.Done():
			return ""
		case certSN := <-k.unknown:
			if k.has(certSN) { // the answer that brings a certificate comes under it too
				continue
			}
			if load(); !k.has(certSN) {
				return certSN
			}
		case <-share:
			load()
		case <-look:
			return k.newest()
		}
	}
}

// The certificate that came last is the one that Alipay most likely signs under now.
func (k *alipayKeys) newest() string {
	all := k.all()
	return all[len(all)-1].CertSN
}

// add takes a fetched key beside those that are here. Too many live keys make every
// forged message cost more, so the one fetched first goes.
func (k *alipayKeys) add(key keys.AlipayKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fetched = append(k.fetched, key)
	if len(k.configured)+len(k.fetched) > alipay.MaxKeys {
		// A configured key never goes: a person has put it there.
		k.fetched = k.fetched[1:]
	}
}
