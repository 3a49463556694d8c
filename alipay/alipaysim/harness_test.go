package alipaysim_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
)

const (
	appID   = "2021999999999999"
	otherID = "2021888888888888"
)

// begin is when every test's clock starts.
var begin = time.Date(2026, 11, 21, 10, 0, 0, 0, time.FixedZone("CST", 8*3600))

// keyPairs are made once: an app pair and an Alipay pair.
var keyPairs = sync.OnceValues(func() (*rsa.PrivateKey, *rsa.PrivateKey) {
	app, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	alipay, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return app, alipay
})

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = to
}

// pushed is one delivery as the receiver saw it.
type pushed struct {
	at     time.Time
	kind   string // Content-Type
	params map[string]string
	biz    map[string]any
}

func (p pushed) name() string { return p.params["msg_method"] + p.params["notify_type"] }

// world is a simulator, a service provider's client and its receiver.
type world struct {
	t        *testing.T
	sim      *alipaysim.Simulator
	cfg      alipaysim.Config
	clock    *clock
	server   *httptest.Server
	client   *http.Client // what calls the server
	receiver *httptest.Server

	mu     sync.Mutex
	got    []pushed
	answer func(w http.ResponseWriter, r *http.Request) // the receiver's answer
	nonces int                                          // of the long connection, so far
}

// synced has the simulator sync its file, and many changes share a commit: for tests in which many
// come at once. Where changes come one after the other it only makes each wait.
func synced(c *alipaysim.Config) { c.Volatile = false }

// newWorld opens a simulator at begin with its own clock. edit changes the
// configuration before.
func newWorld(t *testing.T, edit ...func(*alipaysim.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: begin}, client: http.DefaultClient}
	w.answer = func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "success") }
	w.receiver = httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(w.receiver.Close)
	app, alipay := keyPairs()
	w.cfg = alipaysim.Config{
		Path: filepath.Join(t.TempDir(), "alipay.db"),
		Apps: []alipaysim.App{
			{ID: appID, AppPublicKey: &app.PublicKey, AlipayPrivateKey: alipay, GatewayURL: w.receiver.URL + "/alipay/notify"},
			{ID: otherID, AppPublicKey: &app.PublicKey, AlipayPrivateKey: alipay, GatewayURL: w.receiver.URL + "/alipay/notify"},
		},
		Volatile: true,
		Now:      w.clock.Now,
		Rand:     mathrand.NewChaCha8([32]byte{7}),
	}
	for _, change := range edit {
		change(&w.cfg)
	}
	w.open()
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.t.Helper()
	sim, err := alipaysim.Open(w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.sim, w.server = sim, httptest.NewServer(sim.Handler())
}

func (w *world) close() {
	if w.sim == nil {
		return
	}
	w.server.Close()
	if err := w.sim.Close(); err != nil {
		w.t.Error(err)
	}
	w.sim = nil
}

// restart closes the simulator and opens it again with the same file.
func (w *world) restart() {
	w.t.Helper()
	w.close()
	w.open()
}

// receive verifies a push with code that shares nothing with the simulator.
func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Errorf("read a push: %v", err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		w.t.Errorf("a push is not a form: %v", err)
	}
	p := pushed{at: w.clock.Now(), kind: r.Header.Get("Content-Type"), params: map[string]string{}}
	for name := range form {
		p.params[name] = form.Get(name)
	}
	if err := json.Unmarshal([]byte(p.params["biz_content"]), &p.biz); err != nil && form.Get("charset") == "UTF-8" && form.Has("biz_content") {
		w.t.Logf("biz_content is not an object: %v", err)
	}
	w.mu.Lock()
	w.got = append(w.got, p)
	answer := w.answer
	w.mu.Unlock()
	answer(rw, r)
}

// onPush sets the receiver's answer.
func (w *world) onPush(answer func(http.ResponseWriter, *http.Request)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = answer
}

// pushes returns what the receiver got so far, of one name or all.
func (w *world) pushes(name string) []pushed {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []pushed
	for _, p := range w.got {
		if name == "" || p.name() == name {
			list = append(list, p)
		}
	}
	return list
}

// lastPush returns the newest push of a name.
func (w *world) lastPush(name string) pushed {
	w.t.Helper()
	list := w.pushes(name)
	if len(list) == 0 {
		w.t.Fatalf("no %s was pushed; there were %v", name, w.names())
	}
	return list[len(list)-1]
}

func (w *world) names() []string {
	var names []string
	for _, p := range w.pushes("") {
		names = append(names, p.name())
	}
	return names
}

// run does what is due now and returns when the next thing is.
func (w *world) run() time.Time {
	w.t.Helper()
	next, err := w.sim.RunDue(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return next
}

// pass lets time go by, doing each thing at its own moment.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	end := w.clock.Now().Add(d)
	for next := w.run(); !next.IsZero() && !next.After(end); next = w.run() {
		w.clock.set(next)
	}
	w.clock.set(end)
	w.run()
}
