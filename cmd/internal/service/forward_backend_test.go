package service_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"miniflow/activities/backend"
	"miniflow/internal/fetch"
)

// Two secrets are live while they are rotated; a receiver knows one of them.
var (
	oldSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789canary"))
	newSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("another-secret-of-thirty-two-chr"))
)

func signers(t *testing.T, secrets ...string) []backend.Signer {
	t.Helper()
	var all []backend.Signer
	for _, secret := range secrets {
		signer, err := webhooks.NewWebhook(secret)
		must(t, err)
		all = append(all, signer)
	}
	return all
}

// isvBackend is a backend that knows nothing of Miniflow's code: what it takes, it
// has verified by the public library, or by RSA with Alipay's key.
type isvBackend struct {
	server *httptest.Server
	raw    bool
	alipay *rsa.PublicKey

	mu    sync.Mutex
	t     *testing.T
	id    string           // of the message that may come
	now   func() time.Time // the story's clock
	tries []time.Time
	taken int
}

func openBackend(t *testing.T, w *world, alipayKey string) *isvBackend {
	t.Helper()
	block, _ := pem.Decode([]byte(alipayKey))
	if block == nil {
		t.Fatal("Alipay's key is no PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	must(t, err)
	b := &isvBackend{raw: w.column.raw, alipay: key.(*rsa.PublicKey)}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	return b
}

// guarded is the client that Miniflow calls the backend with.
func (b *isvBackend) guarded(t *testing.T) backend.Doer {
	t.Helper()
	guard, err := fetch.NewGuard([]string{b.server.Listener.Addr().String()})
	must(t, err)
	caller := guard.Client(5 * time.Second)
	t.Cleanup(caller.CloseIdleConnections)
	return caller
}

// open waits for one message, by the story's clock.
func (b *isvBackend) open(t *testing.T, id string, now func() time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.t, b.id, b.now, b.tries, b.taken = t, id, now, nil, 0
}

// ServeHTTP is down for as many tries as there are outages, and takes what verifies then.
func (b *isvBackend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Error(err)
	}
	b.tries = append(b.tries, b.now())
	if down := len(b.tries) - 1; down < len(outages) {
		w.Header().Set("Retry-After", strconv.Itoa(int(outages[down]/time.Second)))
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	id, err := b.verified(r.Header, body)
	if err != nil || id != b.id {
		b.t.Errorf("%s came with %q, %v", id, body, err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	b.taken++
	_, _ = io.WriteString(w, "success")
}

// wantOne checks that one message came, at the times that the backend had asked for.
func (b *isvBackend) wantOne(t *testing.T, began time.Time) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken != 1 || len(b.tries) != len(outages)+1 {
		t.Fatalf("taken %d times in %d tries", b.taken, len(b.tries))
	}
	want := began
	for i, at := range b.tries {
		if late := at.Sub(want); late < 0 || late > time.Minute {
			t.Errorf("try %d came at %s, want %s", i+1, at.Sub(began), want.Sub(began))
		}
		if i < len(outages) {
			want = want.Add(outages[i])
		}
	}
}

// verified returns the id of a message that verifies.
func (b *isvBackend) verified(header http.Header, body []byte) (id string, err error) {
	switch kind, _, _ := strings.Cut(header.Get("Content-Type"), ";"); {
	case !b.raw:
		return header.Get("webhook-id"), verifiedEvent(header, body)
	case kind == "application/json":
		return header.Get("x-msgId"), b.verifiedText(header.Get("x-signType"), header.Get("x-sign"), body)
	case kind == "application/x-www-form-urlencoded":
		return b.verifiedForm(body)
	default:
		return "", errors.New("it is a " + kind)
	}
}

// verifiedEvent asks the public library, once as a receiver that has the new secret
// already and once as one that has the old one still.
func verifiedEvent(header http.Header, body []byte) error {
	for _, secret := range []string{oldSecret, newSecret} {
		receiver, err := webhooks.NewWebhook(secret)
		if err != nil {
			return err
		}
		if err := receiver.Verify(body, header); err != nil {
			return err
		}
		if receiver.Verify(append(slices.Clone(body), ' '), header) == nil {
			return errors.New("anything verifies")
		}
		if bytes.Contains(body, []byte(`"content":null`)) {
			return errors.New("its content is lost")
		}
	}
	return nil
}

// verifiedForm verifies a form as Alipay documents: every parameter but sign, by name.
func (b *isvBackend) verifiedForm(body []byte) (string, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", err
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if name != "sign" {
			pairs = append(pairs, name+"="+form.Get(name))
		}
	}
	return form.Get("notify_id"), b.verifiedText(form.Get("sign_type"), form.Get("sign"), []byte(strings.Join(pairs, "&")))
}

// verifiedText checks Alipay's signature over a text.
func (b *isvBackend) verifiedText(signType, sign string, text []byte) error {
	signature, err := base64.StdEncoding.DecodeString(sign)
	if err != nil || signType != "RSA2" {
		return errors.Join(errors.New("no signature by RSA2"), err)
	}
	sum := sha256.Sum256(text)
	return rsa.VerifyPKCS1v15(b.alipay, crypto.SHA256, sum[:], signature)
}
