package crossings

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"image/png"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"miniflow/activities"
	"miniflow/activities/backend"
	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/ingress/door"
	"miniflow/order"
)

const (
	appID = "2021999999999999"
	outNo = "OUT1"
)

// pair holds the keys of the app and of Alipay.
type pair struct{ app, alipay keys.PrivateKey }

// pairs makes the keys of an algorithm once, because that is slow.
var pairs = map[keys.SignType]func() pair{
	keys.RSA2: sync.OnceValue(func() pair { return newPair(keys.RSA2) }),
	keys.SM2:  sync.OnceValue(func() pair { return newPair(keys.SM2) }),
}

func newPair(algorithm keys.SignType) pair {
	app, err := keys.Generate(algorithm, alipay.MinKeyBits)
	if err != nil {
		panic(err)
	}
	theirs, err := keys.Generate(algorithm, alipay.MinKeyBits)
	if err != nil {
		panic(err)
	}
	return pair{app: app, alipay: theirs}
}

// logo is a picture that a submission accepts.
var logo = sync.OnceValue(func() []byte {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 180, 180))); err != nil {
		panic(err)
	}
	return picture.Bytes()
})

// platform is Alipay of one life, with the connections to it and from it.
type platform struct {
	e    *engine
	keys pair
	sim  *alipaysim.Simulator
	// client is Miniflow's, console that of people and systems which Miniflow does not know.
	client, console *gateway.Client
	byConsole       map[string]bool // calls of the console, by their trace id
	atConsole       bool

	verifier   *notify.Verifier
	translator *door.Translator
	router     *door.Router
	temporal   *temporalClient
	accepted   []order.Notification
	// closedSaid holds the final dispositions of closed workflows whose ids were used again.
	closedSaid map[order.NotificationKey]order.Disposition

	armed time.Time
	// strike decides what goes wrong with a call, weather whether a push is refused, and
	// when.
	strike  func(alipaysim.Call) (alipaysim.Fault, bool)
	weather func(notifyID string, nth int) passage
	pushed  map[string]int
	// transit is how a message that verified reaches the router; a property loses it there, or
	// has it wait.
	transit func(order.Notification)
	// unheard reports whether a question of the Sweep gets no answer, as that of an order.
	unheard func(method string) bool
	// observed is set while another system acts for the app.
	observed bool
	// activates is set once the configuration lists activeMerchant.
	activates bool
	// unadmitted is set where nothing but the client holds acts back.
	unadmitted bool
	// sent, when set, sees each call of Miniflow's before it arrives.
	sent func(*http.Request)
	// rewrite, when set, changes an answer's words.
	rewrite func(method, body string) string
}

// passage is the result of a push on arrival.
type passage int

const (
	doorOpen passage = iota
	// doorShut means that nothing was accepted, so it comes again.
	doorShut
	// doorLost means that it was accepted, but the answer was lost, so it comes again.
	doorLost
)

func newPlatform(e *engine, dir string, s scenario) (*platform, error) {
	seed := s.seed
	p := &platform{
		e: e, keys: pairs[cmp.Or(s.algorithm, keys.RSA2)](), observed: s.knows != "", unadmitted: s.knows == heldAtGateway, byConsole: map[string]bool{}, pushed: map[string]int{}, temporal: &temporalClient{e: e},
		strike:  func(alipaysim.Call) (alipaysim.Fault, bool) { return alipaysim.Fault{}, false },
		weather: func(string, int) passage { return doorOpen },
		unheard: func(string) bool { return false },
	}
	p.transit = p.accept
	var err error
	p.sim, err = alipaysim.Open(alipaysim.Config{
		Path: filepath.Join(dir, fmt.Sprintf("alipay-%d.db", seed)), Volatile: true, Now: e.now,
		Apps: []alipaysim.App{{ID: appID, AppPublicKey: keys.PublicOf(p.keys.app), AlipayPrivateKey: p.keys.alipay, GatewayURL: "http://isv.invalid/alipay"}},
		Rand: mathrand.NewChaCha8(sha256.Sum256([]byte(fmt.Sprint("alipay ", seed)))),
		HTTP: &http.Client{Transport: alipaysim.InProcess(http.HandlerFunc(p.take))},
		Strike: func(c alipaysim.Call) (alipaysim.Fault, bool) {
			if p.atConsole {
				return alipaysim.Fault{}, false
			}
			return p.strike(c)
		},
		Wait: func(ctx context.Context, d time.Duration) {
			if j := jobOf(ctx); j != nil {
				j.sleep(d)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	if p.client, err = p.newClient(p.roundTrip, s.knows != ""); err == nil {
		p.console, err = p.newClient(p.roundTripOfConsole, false)
	}
	if err != nil {
		return nil, err
	}
	p.verifier, err = notify.NewVerifier([]notify.App{{ID: appID, AlipayKeys: []keys.AlipayKey{{Public: keys.PublicOf(p.keys.alipay)}}}})
	return p, err
}

func (p *platform) newClient(roundTrip roundTripper, questionsOnly bool) (*gateway.Client, error) {
	return gateway.NewClient(gateway.Config{
		AppID: appID, Endpoint: "http://127.0.0.1/gateway.do", PrivateKey: p.keys.app, Now: p.e.now,
		AlipayKey: func(string) []keys.PublicKey { return []keys.PublicKey{keys.PublicOf(p.keys.alipay)} },
		HTTP:      &http.Client{Transport: roundTrip}, Limiter: unlimited{},
		QuestionsOnly: questionsOnly, ActiveMerchants: []string{activeMerchant},
		Observe: func(ctx context.Context, x gateway.Exchange) {
			who := "console"
			if j := jobOf(ctx); j != nil {
				who = j.String()
			}
			said := "ok"
			if x.Err != nil {
				said = clip(x.Err.Error())
			}
			p.e.trace("call", fmt.Sprintf("%s %s: %s", who, strings.TrimPrefix(x.Method, "alipay.open."), said))
		},
	})
}

// serve makes everything else that communicates with Alipay: the parts of the door and the
// activities.
func (p *platform) serve(schedules order.Schedules) {
	p.translator = door.NewTranslator(open{}, p.e.now)
	p.router = door.NewRouter(p.temporal, schedules)
	keeper := &activities.TokenKeeper{Temporal: p.temporal, Ring: open{}, Now: p.e.now}
	(&activities.Alipay{
		Gateways: map[string]activities.Gateway{appID: p.client}, Tokens: keeper, Ring: open{}, Files: files{},
		Numbers: &activities.NumberKeeper{Temporal: p.temporal}, Now: p.e.now, Acts: p.mayAct,
	}).Register(p.e.acts)
	(&activities.Inside{Temporal: p.temporal, Namespace: "default", Acts: p.knownToAct, Adopting: activities.Adopting{
		Schedules: schedules, Policy: order.DefaultPolicy(), Now: p.e.now,
	}}).Register(p.e.acts)
	(&activities.Forwarder{Ring: open{}, Backend: backend.Poster{Now: p.e.now}}).Register(p.e.acts)
	// A reviewer's picture is its address.
	(&activities.Pictures{
		Fetch: func(_ context.Context, url string) ([]byte, error) { return []byte(url), nil },
		Keep:  func(_ context.Context, _, _ string, picture []byte) (string, error) { return string(picture), nil },
	}).Register(p.e.acts)
}

// roundTripper is a transport that is a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// unlimited delays nothing, because the real limiter waits in real time.
type unlimited struct{}

func (unlimited) Wait(context.Context) error { return nil }

// files holds the one file that orders name.
type files struct{}

func (files) Fetch(context.Context, string, order.FileRef) ([]byte, error) { return logo(), nil }

// roundTrip is a call of Miniflow's: it takes a moment to get there.
func (p *platform) roundTrip(r *http.Request) (*http.Response, error) {
	if j := jobOf(r.Context()); j != nil {
		j.sleep(time.Duration(20+j.rng.IntN(200)) * time.Millisecond)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	defer p.arm()
	if p.sent != nil {
		p.sent(r)
	}
	answer, err := alipaysim.InProcess(p.sim.Handler()).RoundTrip(r)
	if err != nil || p.rewrite == nil {
		return answer, err
	}
	return p.rewritten(answer)
}

// roundTripOfConsole is a call of somebody else.
func (p *platform) roundTripOfConsole(r *http.Request) (*http.Response, error) {
	p.atConsole = true
	defer func() { p.atConsole = false }()
	defer p.arm()
	answer, err := alipaysim.InProcess(p.sim.Handler()).RoundTrip(r)
	if err == nil {
		p.byConsole[answer.Header.Get("trace_id")] = true
	}
	return answer, err
}

// arm has what falls due at Alipay done at its time.
func (p *platform) arm() {
	next, err := p.sim.NextDue()
	if err != nil || next.IsZero() || (!p.armed.IsZero() && !next.Before(p.armed)) {
		return
	}
	p.armed = next
	p.e.in(next.Sub(p.e.now()), func() {
		if !p.armed.Equal(next) {
			return // something else fell due before
		}
		p.armed = time.Time{}
		if _, err := p.sim.RunDue(context.Background()); err != nil {
			p.e.broken = append(p.e.broken, "simulator: "+err.Error())
		}
		p.arm()
	})
}

// take is the door: a message that verifies is routed.
func (p *platform) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	n, err := p.verifier.Notification(body)
	if err != nil {
		p.e.broken = append(p.e.broken, "door: "+err.Error())
		w.WriteHeader(http.StatusForbidden)
		return
	}
	translated, err := p.translator.Translate(n, door.ChannelHTTP)
	if err != nil {
		p.e.broken = append(p.e.broken, "door: "+err.Error())
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	p.pushed[n.NotifyID]++
	weather := p.weather(n.NotifyID, p.pushed[n.NotifyID])
	if weather == doorShut {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	p.transit(translated)
	if weather == doorLost {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_, _ = io.WriteString(w, "success")
}

// accept routes a message and records that it was accepted.
func (p *platform) accept(n order.Notification) {
	p.e.trace("message", described(n))
	if _, err := p.router.Accept(context.Background(), n); err != nil {
		p.e.broken = append(p.e.broken, fmt.Sprintf("route %s: %v", n.Name, err))
		return
	}
	p.accepted = append(p.accepted, n)
}

// described returns a message in one line.
func described(n order.Notification) string {
	text := n.Name[strings.LastIndex(n.Name, ".")+1:]
	for _, word := range []string{n.Evidence.MerchantStatus, n.Evidence.RegisterStatus, string(n.Evidence.Verdict), n.AppVersion} {
		if word != "" {
			text += " " + word
		}
	}
	return fmt.Sprintf("%s (%s)", text, n.NotifyID[len(n.NotifyID)-6:])
}
