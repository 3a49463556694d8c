package crossings

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"miniflow/order"
)

// wildStory draws a life in which everything goes wrong that can, for a shorter time than TestCrossings'.
func (t *teller) wildStory() scenario {
	s := newScenario(rapid.Uint64().Draw(t.T, "seed"))
	s.chaos = t.pick("chaos", 2*time.Hour, 6*time.Hour, 12*time.Hour)
	s.acts = append(s.acts, rapid.SliceOfN(rapid.Custom(func(r *rapid.T) act {
		d := &teller{T: r}
		return act{at: d.moment("at"), what: rapid.SampledFrom([]string{
			"revoke", "authorize", "import", "withdraw", "resubmit", "resubmit version", "refresh", "retry",
			"console submit", "console withdraw", "console online", "console take back", "verdict", "old verdict",
		}).Draw(r, "what")}
	}), 0, 6).Draw(t.T, "acts")...)
	return s
}

// oneReleaseInThePipeline: several orders for one mini program, of which some are rejected, held and
// cancelled. Not even a call of the next is made while the one before is anywhere in the pipeline.
func oneReleaseInThePipeline(t *teller) {
	s := t.story(order.KindRelease)
	s.chaos = 90 * time.Hour
	starts := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{0, 2 * time.Second, 5 * time.Minute, time.Hour}), 1, 2).Draw(t.T, "others begin")
	if cancel := t.pick("cancelled at", 0, 3*time.Minute, 2*time.Hour); cancel > 0 {
		s.acts = []act{{at: cancel, what: "cancel"}}
	}
	d := t.life(s)
	ids := []string{d.orderID()}
	for i, at := range starts {
		number := fmt.Sprintf("NEXT%d", i)
		ids = append(ids, order.WorkflowID(appID, number))
		d.e.in(at+2*time.Second, func() {
			in := d.input()
			in.Request.OutOrderNo = number
			d.must(d.e.start(order.WorkflowID(appID, number), order.WorkflowType, in, nil, false))
		})
	}
	d.recorded()
	d.seen = d.aloneInThePipeline()
	open := func(id string) bool { return d.e.executions[id] == nil || d.e.executions[id].state != closed }
	d.lasts = func() bool { return slices.ContainsFunc(ids, open) }
	if d.over(func() []broken { return nil }); len(d.e.broken) > 0 {
		t.Fatalf("%v\n%s", d.e.broken, &d.trace)
	}
	for _, id := range ids {
		if open(id) {
			t.Fatalf("%s did not end\n%s", short(id), &d.trace)
		}
	}
}

// aloneInThePipeline wants, at each step of an order's release, no version of another's anywhere in
// Alipay's pipeline.
func (d *told) aloneInThePipeline() func(*post) {
	uploaded := map[string]string{}
	return func(p *post) {
		_, number, _ := strings.Cut(p.Key, "/")
		if strings.HasSuffix(p.Method, "version.upload") {
			uploaded[number] = p.by
		}
		if !inTheWay(p.Method) {
			return
		}
		for _, version := range d.truth().mini().Versions {
			in := slices.Contains([]string{"AUDITING", "AUDIT_REJECT", "WAIT_RELEASE", "BASE_AUDIT_PASS", "GRAY"}, version.Phase)
			if by := uploaded[version.AppVersion]; in && by != p.by {
				d.breaks("%s calls %s while %s of %s is %s", short(p.by), p.Method, version.AppVersion, short(by), version.Phase)
			}
		}
	}
}

// inTheWay reports whether a call is a step of a release, for which only one is in charge.
func inTheWay(method string) bool {
	for _, step := range []string{".audit.apply", ".audit.cancel", ".audited.cancel", ".version.online", ".gray.online", ".gray.cancel"} {
		if strings.HasSuffix(method, step) {
			return true
		}
	}
	return false
}

// noCallWhileRevoked: the mini program's own view has said for a while that there is no
// authorisation. What was under way when the word came may still arrive.
func noCallWhileRevoked(t *teller) {
	const underWay = 10 * time.Second
	s := t.wildStory()
	s.acts = append(s.acts, act{at: t.moment("revoked at"), what: "revoke"})
	d := t.wild(s)
	d.recorded()
	var since time.Time
	look := func() bool {
		mini := d.truth().mini()
		if mini == nil {
			return false
		}
		var view order.MiniProgramView
		value, err := d.e.query(order.MiniProgramWorkflowID(appID, mini.MiniAppID), order.ViewQuery)
		if err != nil || value.Get(&view) != nil || view.Authorization != order.AuthorizationRevoked {
			since = time.Time{}
			return false
		}
		if since.IsZero() {
			since = d.e.now()
		}
		return true
	}
	var watch func()
	watch = func() {
		look()
		d.e.in(30*time.Second, watch)
	}
	d.e.in(time.Minute, watch)
	d.seen = func(p *post) {
		if p.token != "" && look() && d.e.now().Sub(since) > underWay {
			d.breaks("%s is called by %s, and it has been revoked since %s", p.Method, short(p.by), elapsed(since))
		}
	}
	t.sound(d)
}

// numbersOnlyGrow: whatever number Miniflow chooses is above all that it has chosen before, in one order
// and in the next of the same mini program.
func numbersOnlyGrow(t *teller) {
	s := t.wildStory()
	s.version = ""
	d := t.wild(s)
	t.sound(d)
	last := ""
	for _, call := range d.record {
		_, number, _ := strings.Cut(call.Key, "/")
		switch {
		case !strings.HasSuffix(call.Method, "version.upload"):
		case last != "" && compareNumbers(number, last) < 0: // the last again is the same upload, whose answer was lost
			t.Fatalf("%s was tried after %s\n%s", number, last, &d.trace)
		default:
			last = number
		}
	}
}

// compareNumbers compares versions as Alipay does, part by part.
func compareNumbers(one, other string) int {
	ones, others := strings.Split(one, "."), strings.Split(other, ".")
	for i := range min(len(ones), len(others)) {
		a, _ := strconv.Atoi(ones[i])
		b, _ := strconv.Atoi(others[i])
		if a != b {
			return cmp.Compare(a, b)
		}
	}
	return cmp.Compare(len(ones), len(others))
}

// noBlindRepetition: between a write whose answer nobody heard and the same write again, Alipay was
// asked what became of it. Creations and uploads have a number that makes them one.
func noBlindRepetition(t *teller) {
	d := t.wild(t.wildStory())
	d.recorded()
	t.sound(d)
	doubt := map[string]*post{} // by method and key
	for _, call := range d.record {
		p := d.posts[call.TraceID]
		write := call.Method + " " + call.Key
		_, version, _ := strings.Cut(call.Key, "/")
		switch {
		case strings.HasSuffix(call.Method, ".query"):
			for name, before := range doubt {
				if !p.unheard && (call.Key == before.Key || version == "") {
					delete(doubt, name)
				}
			}
		case !inTheWay(call.Method):
		case doubt[write] != nil:
			t.Fatalf("%s was made again at %s, and nobody had asked what became of it at %s\n%s", write, elapsed(call.At), elapsed(doubt[write].At), &d.trace)
		case p.unheard:
			doubt[write] = p
		}
	}
}

// newestTokenWins: tokens are replaced, revoked and told of again, in any order. Miniflow never goes
// back to an older one, and a revocation of an older one takes nothing away.
func newestTokenWins(t *teller) {
	s := t.story(order.Kinds()...)
	acts := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) act {
		d := &teller{T: r}
		return act{at: d.moment("at"), what: rapid.SampledFrom([]string{"authorize", "authorize", "revoke", "old token", "old revocation"}).Draw(r, "what")}
	}), 2, 8).Draw(t.T, "acts")
	d := t.life(s)
	d.recorded()
	for i, a := range acts {
		switch a.what {
		case "old token", "old revocation":
			d.e.in(a.at, func() { d.tellOld(a.what, fmt.Sprintf("old-%02d", i)) })
		default:
			d.acts = append(d.acts, a)
		}
	}
	d.e.in(24*time.Hour, func() { d.do("authorize") }) // the merchant comes back in the end
	var used []string
	d.seen = func(p *post) {
		if p.token != "" && (len(used) == 0 || used[len(used)-1] != p.token) {
			used = append(used, p.token)
		}
	}
	t.sound(d)
	var last time.Time
	for _, token := range used {
		at, known := d.tokenTime(token)
		if known && at.Before(last) {
			t.Fatalf("it went back to the token of %s, and knew one of %s\n%s", elapsed(at), elapsed(last), &d.trace)
		}
		last = at
	}
}

// tokenTime is the auth_time of a token that came.
func (d *told) tokenTime(token string) (time.Time, bool) {
	for _, n := range d.accepted {
		if n.Evidence.Token != nil && n.Evidence.Token.Fingerprint == order.Fingerprint(token) {
			return n.Evidence.Token.AuthTime, true
		}
	}
	return time.Time{}, false
}

// tellOld has a message of the first token come again, or one that revokes it.
func (d *told) tellOld(what, id string) {
	i := slices.IndexFunc(d.accepted, func(n order.Notification) bool { return n.Evidence.Token != nil })
	if i < 0 || d.calm {
		return
	}
	n := d.accepted[i]
	newest, _ := d.token(n.MiniAppID)
	if what == "old revocation" {
		if n.Evidence.Token.Fingerprint == order.Fingerprint(newest) {
			return // it would be true, or a lie about the newest
		}
		n.Name, n.Evidence = "alipay.open.auth.appauth.cancelled", order.Evidence{RevokedToken: n.Evidence.Token.Fingerprint}
		n.Digest = strings.Repeat("7", 64)
	}
	n.NotifyID, n.ReceivedAt = id, d.e.now().UTC()
	d.accept(n)
}
