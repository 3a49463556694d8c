package crossings

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/keys"
	"miniflow/order"
)

// teller makes up lives for a property.
type teller struct {
	*rapid.T
	dir string
}

// told is a life of a property, with a record of every call that left.
type told struct {
	*life
	posts map[string]*post // by Alipay's trace id
	// sending is the request that is arriving at Alipay.
	sending *http.Request
	// seen, when set, sees each call before it is answered.
	seen func(*post)
	// record are the calls of Miniflow, and atEnd is Alipay's state, when everything was over.
	record []alipaysim.Call
	atEnd  truth
}

// post is a call as Miniflow sent it.
type post struct {
	alipaysim.Call
	token string
	by    string // the workflow whose activity sent it
	// unheard means that no workflow learned its answer: it was lost, or the worker died with it.
	unheard bool
}

// pick draws one of several lengths of time.
func (t *teller) pick(label string, of ...time.Duration) time.Duration {
	return rapid.SampledFrom(of).Draw(t.T, label)
}

func (t *teller) simulated(label string, of ...time.Duration) alipaysim.Duration {
	return alipaysim.Duration(t.pick(label, of...))
}

// moments are from before the next call to after the next look.
func (t *teller) moment(label string) time.Duration {
	return t.pick(label, 0, 300*time.Millisecond, 2*time.Second, 40*time.Second, 4*time.Minute, 35*time.Minute, 3*time.Hour)
}

// story draws a life in which nothing goes wrong but what merchants and reviewers decide.
func (t *teller) story(kinds ...order.Kind) scenario {
	s := gatewayCall{kind: rapid.SampledFrom(kinds).Draw(t.T, "kind")}.plain()
	s.seed = rapid.Uint64().Draw(t.T, "seed")
	s.chaos = 40 * time.Hour // people come only after what properties look at
	s.crowdedAt = rapid.SampledFrom([]int{60, 400}).Draw(t.T, "crowded at")
	s.schedules.Authorization = order.DefaultSchedules().Authorization
	s.rule.Merchant.After = t.simulated("merchant after", time.Second, time.Minute, 20*time.Minute)
	s.rule.Authorize.After = t.simulated("authorised after", time.Second, 5*time.Minute)
	s.rule.Build.After = t.simulated("built after", time.Second, time.Minute)
	s.rule.Scan.After = t.simulated("scanned after", time.Second, 10*time.Minute)
	s.rule.Pushes = &alipaysim.PushRule{Bare: rapid.Bool().Draw(t.T, "bare")}
	s.rule.AutoOnline = &alipaysim.AutoOnlineRule{After: t.simulated("online after", time.Second, 20*time.Minute)}
	s.split = rapid.Bool().Draw(t.T, "split")
	if rapid.Bool().Draw(t.T, "names auto_online") {
		online := rapid.Bool().Draw(t.T, "auto_online")
		s.autoOnline = &online
	}
	s.policy.OnBasePass = rapid.SampledFrom([]order.BasePassPolicy{order.BasePassGoOnline, order.BasePassResubmit}).Draw(t.T, "on base pass")
	s.rule.Audits = nil
	for _, result := range append(rapid.SliceOfN(rapid.SampledFrom([]string{"reject", "base_pass"}), 0, 2).Draw(t.T, "audits"), "pass") {
		s.rule.Audits = append(s.rule.Audits, alipaysim.AuditRule{Result: result, After: t.simulated("audited after", time.Second, 3*time.Minute, 2*time.Hour)})
	}
	return s
}

// life makes a life: nothing goes wrong in it, and a person answers what the order asks.
func (t *teller) life(s scenario) *told {
	dir, err := os.MkdirTemp(t.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.algorithm = keys.SM2 // it signs in a fraction of the time
	l, err := newLife(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	d := &told{life: l, posts: map[string]*post{}}
	d.strike = func(c alipaysim.Call) (alipaysim.Fault, bool) {
		d.countUp(false)
		d.noteUndo(c)
		return alipaysim.Fault{}, false
	}
	l.sent = func(r *http.Request) { d.sending = r }
	l.e.arrived = d.answers
	return d
}

// wild makes a life in which everything goes wrong that can, such as TestCrossings lives.
func (t *teller) wild(s scenario) *told {
	d := t.life(s)
	d.strike, d.e.arrived = d.struck, d.arrivedAt
	return d
}

// recorded has every call recorded, on top of what strikes it.
func (d *told) recorded() {
	strike := d.strike
	d.strike = func(c alipaysim.Call) (alipaysim.Fault, bool) {
		p := &post{Call: c, token: d.sending.URL.Query().Get("app_auth_token")}
		j := jobOf(d.sending.Context())
		if j != nil {
			p.by = j.x.id
		}
		d.posts[c.TraceID] = p
		if d.seen != nil {
			d.seen(p)
		}
		f, struck := strike(c)
		p.unheard = j != nil && (j.fate == diesAfter || j.fate == fails) || struck && losesAnswer(f)
		return f, struck
	}
}

// breaks notes that a call should not have been made: a test can't be ended in the middle of one.
func (d *told) breaks(how string, args ...any) {
	d.e.broken = append(d.e.broken, fmt.Sprintf(how, args...))
}

// losesAnswer reports whether a fault leaves the caller without an answer that it can believe.
func losesAnswer(f alipaysim.Fault) bool {
	switch f.Kind {
	case alipaysim.FaultError:
		return f.Code == "20000"
	case alipaysim.FaultSlow, alipaysim.FaultStallAfterCommit, alipaysim.FaultRateLimit:
		return false
	}
	return true
}

// sound lives the life to its end and wants everything else of it as every life has it.
func (t *teller) sound(d *told) *told {
	if found := d.over(d.check); len(found) > 0 {
		t.Fatalf("%s\n%s\n%s", joined(found), &d.trace, d.page())
	}
	return d
}

// over lives the life to its end, and keeps what Alipay knows then.
func (d *told) over(check func() []broken) []broken {
	d.e.run(d.begin)
	found := check()
	d.record, _ = d.log()
	d.atEnd = d.truth()
	d.must(d.sim.Close())
	return found
}

// answers is the person who answers what an order asks: a minute later, always the same.
func (d *told) answers(id string, stage order.Stage, hold order.HoldKind) {
	corrects := stage == order.StageAuditRejected || stage == order.StageBasePassed && d.policy.OnBasePass == order.BasePassResubmit
	if hold != "" || !corrects || d.calm && id == d.orderID() {
		return
	}
	d.e.in(time.Minute, func() {
		d.asked++
		d.deeds = append(d.deeds, d.e.now())
		in := order.Instruction{Actor: "story", Submission: d.correction()}
		_ = d.e.update(id, string(order.CommandResubmit), fmt.Sprintf("u%d", d.asked), in, func(a answered) {
			d.e.trace("command", fmt.Sprintf("resubmit %s: %v", short(id), a.err))
		}) // one that has ended needs no answer
	})
}

// whenOver has something done once the order has ended, soon after.
func (d *told) whenOver(do func()) {
	if d.e.executions[d.orderID()].state == closed {
		do()
		return
	}
	d.e.in(30*time.Second, func() { d.whenOver(do) })
}

// effects are what Miniflow's calls changed at Alipay, in their order. Ids that Alipay makes up are left out.
func (d *told) effects() []string { return effectsOf(d.record) }

func effectsOf(calls []alipaysim.Call) []string {
	var all []string
	for _, call := range calls {
		if !call.Effect || strings.HasSuffix(call.Method, ".query") {
			continue
		}
		key := call.Key
		if _, number, found := strings.Cut(key, "/"); found {
			key = number
		}
		if strings.HasPrefix(key, "2021") {
			key = "" // a mini program
		}
		all = append(all, strings.TrimSpace(strings.TrimPrefix(call.Method, "alipay.open.")+" "+key))
	}
	return all
}

// end is how an order ended, in what it shows to people.
func (d *told) end() string {
	v := d.view
	var verdicts []order.Verdict
	for _, audit := range v.Audits {
		verdicts = append(verdicts, audit.Verdict)
	}
	promotable := "unknown"
	if v.Promotable != nil {
		promotable = fmt.Sprint(*v.Promotable)
	}
	return fmt.Sprintf("%s, version %s, audits %v, promotable %s, authorization %s, hold %s",
		v.Stage, v.Version.AppVersion, verdicts, promotable, v.Authorization, holdOf(v))
}

// wantSame wants two lives to have changed the same at Alipay and to have ended alike.
func (t *teller) wantSame(d, plain *told) {
	if d.end() != plain.end() || !slices.Equal(d.effects(), plain.effects()) {
		t.Fatalf("ended %s\n  with %v\nwant  %s\n  with %v\n%s\n%s", d.end(), d.effects(), plain.end(), plain.effects(), &d.trace, d.page())
	}
}
