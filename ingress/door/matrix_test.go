package door_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/ingress"
	"miniflow/ingress/door"
	"miniflow/internal/seal"
	"miniflow/order"
)

// TestEveryMode checks for each of the thirty-two ways in which Alipay sends that a message
// made by openssl is accepted by a door on a real port and arrives complete; and that each
// form of it with one changed byte is refused or is the very same message in another
// spelling.
func TestEveryMode(t *testing.T) {
	o := newOutside(t)
	spelled := 0
	for i, m := range modes() {
		t.Run(m.String(), func(t *testing.T) {
			d := openMode(t, o, m)
			body := m.body(o)
			if diff := cmp.Diff([]string{"200 success"}, d.post(t, body)); diff != "" {
				t.Fatal(diff)
			}
			genuine := d.accepted(t, 1)[0]
			m.wantMeaning(t, genuine)
			taken := d.postMutations(t, body, rand.New(rand.NewPCG(1, uint64(i)))) //nolint:gosec // a small index
			for _, same := range d.accepted(t, taken) {
				if diff := cmp.Diff(genuine, same); diff != "" {
					t.Fatalf("one byte changed makes another message: %s", diff)
				}
			}
			spelled += taken
		})
	}
	// Some changes are spelling only, such as %2b for %2B. If nothing were accepted, a door
	// that refuses everything would pass.
	if spelled == 0 {
		t.Error("no other spelling was taken")
	}
	t.Logf("%d changes were other spellings of the same message", spelled)
}

// wantMeaning compares what arrived with what was sent.
func (m mode) wantMeaning(t *testing.T, n order.Notification) {
	t.Helper()
	want := order.Notification{
		NotificationKey: order.NotificationKey{AppID: outsideApp, NotifyID: outsideID, Digest: n.Digest},
		Name:            "alipay.open.mini.merchant.confirmed", OutOrderNo: "OUT1", OrderNo: "ORD1",
		Evidence: order.Evidence{MerchantStatus: "AGREED"},
	}
	if m.legacy {
		want.Name, want.OutOrderNo, want.OrderNo = "open_app_auth_notify", "", ""
		token := order.Token{Fingerprint: order.Fingerprint("T1"), AuthTime: time.Unix(outsideSent, 0).UTC(), Source: "notification"}
		want.Evidence = order.Evidence{Token: &token}
	}
	want.MiniAppID, want.Channel, want.Content = outsideMini, "http", order.Sealed(m.content())
	want.SentAt, want.ReceivedAt = time.Unix(outsideSent, 0).UTC(), modeNow()
	if diff := cmp.Diff(want, n); diff != "" || len(n.Digest) != 64 {
		t.Errorf("digest %q: %s", n.Digest, diff)
	}
}

func modeNow() time.Time { return time.Unix(outsideSent+1, 0).UTC() }

// modeDoor is a door on a real port that knows Alipay's key in one of two ways.
type modeDoor struct {
	address string
	ring    *seal.Ring

	mu   sync.Mutex
	seen []order.Notification
}

// Accept accepts a notification instead of Temporal.
func (d *modeDoor) Accept(_ context.Context, n order.Notification) (order.Disposition, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen = append(d.seen, n)
	return order.DispositionWaiting, nil
}

// accepted returns what was accepted since the last call, opened.
func (d *modeDoor) accepted(t *testing.T, count int) []order.Notification {
	t.Helper()
	d.mu.Lock()
	seen := d.seen
	d.seen = nil
	d.mu.Unlock()
	if len(seen) != count {
		t.Fatalf("%d messages were acknowledged, and %d accepted", count, len(seen))
	}
	for i := range seen {
		n := &seen[i]
		content, err := d.ring.Open(n.Content, n.AppID, order.SealContent)
		if err != nil {
			t.Fatal(err)
		}
		n.Content, n.Raw = order.Sealed(content), "" // the spelling of the posted bytes may differ
		if token := n.Evidence.Token; token != nil {
			token.Sealed, token.Refresh = "", ""
		}
	}
	return seen
}

func openMode(t *testing.T, o outside, m mode) *modeDoor {
	t.Helper()
	key, err := keys.ParseAlipayCertificate(o.read("alipay.crt"))
	if err == nil && key.CertSN != o.sn {
		t.Errorf("the certificate's number is %s, by openssl %s", key.CertSN, o.sn)
	}
	if !m.certificate {
		key = keys.AlipayKey{}
		key.Public, err = keys.ParsePublicKey(o.run("", "openssl", "pkey", "-in", "alipay.key", "-pubout"))
	}
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := notify.NewVerifier([]notify.App{{ID: outsideApp, AlipayKeys: []keys.AlipayKey{key}, AESKey: []byte(outsideAES)}})
	if err != nil {
		t.Fatal(err)
	}
	sealing, err := seal.ParseKey("test", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, seal.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	d := &modeDoor{}
	if d.ring, err = seal.New([]seal.Key{sealing}); err != nil {
		t.Fatal(err)
	}
	metrics, err := door.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	d.serve(t, ingress.NewServer(door.New(door.Config{
		Verifier: verifier, Metrics: metrics, Log: log, Now: modeNow,
		Intake: door.NewIntake(door.IntakeConfig{
			Acceptor: d, Translator: door.NewTranslator(d.ring, modeNow), Metrics: metrics, Log: log, Now: modeNow,
		}),
	}), log, ingress.DefaultPatience()))
	return d
}

func (d *modeDoor) serve(t *testing.T, server *http.Server) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	d.address = listener.Addr().String()
}

// post sends bodies one after the other over one connection, without waiting for the answers
// in between, and returns the answers.
func (d *modeDoor) post(t *testing.T, bodies ...string) []string {
	t.Helper()
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", d.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if err := connection.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	go func() {
		writer := bufio.NewWriter(connection)
		for _, body := range bodies {
			_, _ = fmt.Fprintf(writer, "POST /alipay/notify HTTP/1.1\r\nHost: door\r\nContent-Length: %d\r\n"+
				"Content-Type: application/x-www-form-urlencoded; text/html; charset=UTF-8\r\n\r\n%s", len(body), body)
		}
		_ = writer.Flush()
	}()
	reader := bufio.NewReader(connection)
	found := make([]string, 0, len(bodies))
	for range bodies {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("after %d answers: %v", len(found), err)
		}
		word, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, fmt.Sprintf("%d %s", response.StatusCode, word))
	}
	return found
}

// postMutations posts the body once for each of its bytes, with that byte changed, and
// returns how many were accepted. The source decides the change: one bit, or a character that
// has a meaning in a form.
func (d *modeDoor) postMutations(t *testing.T, body string, source *rand.Rand) (taken int) {
	t.Helper()
	bodies := make([]string, len(body))
	for i := range body {
		mutated := []byte(body)
		for mutated[i] == body[i] {
			mutated[i] = body[i] ^ 1<<source.IntN(8)
			if source.IntN(3) == 0 {
				mutated[i] = "&=+% 0aA\x00\xff"[source.IntN(10)]
			}
		}
		bodies[i] = string(mutated)
	}
	for i, answer := range d.post(t, bodies...) {
		switch {
		case answer == "200 success":
			taken++
		case !strings.HasSuffix(answer, " fail") || !strings.HasPrefix(answer, "40"):
			t.Errorf("byte %d changed to %q: answered %q", i, bodies[i][i], answer)
		}
	}
	return taken
}
