package channel_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"miniflow/alipay/channel"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

func TestMain(m *testing.M) {
	if home := os.Getenv(simulatorHome); home != "" {
		os.Exit(serveSimulator(home)) // see apart
	}
	goleak.VerifyTestMain(m)
}

const (
	appID = "2021000000000001"
	host  = "openchannel.example"
)

// Keys are made once, because that is slow: the application's, Alipay's, and a stranger's.
var (
	appKey    = sync.OnceValue(newKey)
	alipayKey = sync.OnceValue(newKey)
	otherKey  = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// sign is implemented a second time here, because the client's own library can't prove
// itself.
func sign(key *rsa.PrivateKey, text []byte) string {
	digest := sha256.Sum256(text)
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// certificate is for host. It is valid in the year 2000 too, the beginning of time in a
// synctest bubble.
var certificate = sync.OnceValue(newCertificate)

func newCertificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, BasicConstraintsValid: true, IsCA: true,
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func trusting() *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(certificate().Leaf)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

func verifierOf(t testing.TB, signers ...*rsa.PrivateKey) *notify.Verifier {
	t.Helper()
	app := notify.App{ID: appID}
	for _, key := range signers {
		app.AlipayKeys = append(app.AlipayKeys, keys.AlipayKey{Public: &key.PublicKey})
	}
	v, err := notify.NewVerifier([]notify.App{app})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// rig is a client, its server, and what came out of both.
type rig struct {
	t       testing.TB
	server  *server
	client  *channel.Client
	handled chan *notify.Notification
	events  chan channel.Event
	log     *lockedBuffer
	stop    context.CancelFunc
	done    chan error
}

// lockedBuffer holds the log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// configOf returns a configuration whose connections go to a server.
func configOf(t testing.TB, s *server) channel.Config {
	return channel.Config{
		AppID: appID, URL: "http://" + host, AllowPlainHTTP: true, PrivateKey: appKey(), Verifier: verifierOf(t, alipayKey()),
		AlipayKey: func(certSN string) []keys.PublicKey {
			if certSN != "" {
				return nil
			}
			return []keys.PublicKey{&alipayKey().PublicKey}
		},
		Handle: func(context.Context, *notify.Notification) error { return nil },
		Transport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) { return s.dialled(), nil },
		},
	}
}

// overTCP is an option for start: TLS over TCP, on the real clock.
func overTCP(s *server, c *channel.Config) {
	address := s.listen()
	c.URL, c.AllowPlainHTTP = "https://"+host, false
	c.Transport = &http.Transport{
		TLSClientConfig: trusting(),
		DialContext: func(ctx context.Context, network, asked string) (net.Conn, error) {
			if asked != host+":443" {
				s.elsewhere.Add(1)
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	c.Backoff.Min, c.Backoff.Max = time.Millisecond, 10*time.Millisecond
}

// start runs a client against a server until the test ends. The options are applied before
// the client is made.
func start(t testing.TB, changes ...func(*server, *channel.Config)) *rig {
	t.Helper()
	r := &rig{
		t: t, server: newServer(t), done: make(chan error, 1), log: new(lockedBuffer),
		handled: make(chan *notify.Notification, 1<<14), events: make(chan channel.Event, 1<<14),
	}
	config := configOf(t, r.server)
	config.Handle = func(_ context.Context, n *notify.Notification) error {
		r.handled <- n
		return nil
	}
	config.Observe = func(_ context.Context, e channel.Event) { r.events <- e }
	config.Log = newLog(r.log)
	for _, change := range changes {
		change(r.server, &config)
	}
	var err error
	if r.client, err = channel.New(config); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	go func() { r.done <- r.client.Run(ctx); close(r.done) }()
	t.Cleanup(func() {
		r.end()
		r.server.close()
	})
	return r
}

// end stops the client and waits until it has stopped.
func (r *rig) end() {
	r.t.Helper()
	r.stop()
	if err := receive(r.t, r.done); err != nil {
		r.t.Errorf("Run gives %v", err)
	}
}

// receive waits for the next value. In a bubble the limit costs no time.
func receive[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	select {
	case value := <-from:
		return value
	case <-limit.C:
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// outcome waits for an event of an outcome and skips others.
func (r *rig) outcome(wanted channel.Outcome) channel.Event {
	r.t.Helper()
	for range 20 { // a client that retries for ever produces events for ever
		if e := receive(r.t, r.events); e.Outcome == wanted {
			return e
		}
	}
	r.t.Fatalf("nothing was %s", wanted)
	panic("unreachable")
}

// nobodyHandled fails the test when a message was handled.
func (r *rig) nobodyHandled() {
	r.t.Helper()
	select {
	case n := <-r.handled:
		r.t.Errorf("handled %v", n)
	default:
	}
}

// wait waits, which costs no time in a bubble.
func wait(t testing.TB, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

// bubble runs a test on a clock of its own.
func bubble(t *testing.T, test func(*testing.T)) {
	appKey()
	alipayKey()
	otherKey()
	certificate()
	synctest.Test(t, test)
}
