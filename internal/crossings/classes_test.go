package crossings

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// gatewayCalls returns the calls of an order's life, and what leads to each.
func gatewayCalls() []gatewayCall {
	rejected := func(s *scenario) {
		s.rule.Audits = []alipaysim.AuditRule{{Result: "reject", After: alipaysim.Duration(time.Minute)}}
	}
	slow := func(s *scenario) { s.rule.Audits = []alipaysim.AuditRule{{Result: "none"}} }
	withdraw := act{at: 30 * time.Minute, what: "withdraw"}
	cancel := act{at: 30 * time.Minute, what: "cancel"}
	return []gatewayCall{
		{method: "isv.create"}, {method: "isv.query"}, {method: "version.list.query"}, {method: "version.upload"},
		{method: "version.build.query"}, {method: "version.detail.query"}, {method: "version.audit.apply"}, {method: "version.online"},
		{method: "fastregister.create", kind: order.KindTrial}, {method: "fastregister.query", kind: order.KindTrial},
		{method: "version.audit.cancel", why: "withdraw", change: slow, acts: []act{withdraw}},
		{method: "version.audit.cancel", why: "cancel", change: slow, acts: []act{cancel}},
		{method: "version.audited.cancel", why: "resubmit", change: rejected, acts: []act{{at: 30 * time.Minute, what: "resubmit"}}},
		{method: "version.audited.cancel", why: "cancel", change: rejected, acts: []act{cancel}},
		{method: "auth.token.app.query", why: "doubt", change: func(s *scenario) {
			s.rule.Revoke = &alipaysim.RevokeRule{On: "auditing", After: alipaysim.Duration(time.Minute)}
			s.rule.Audits = []alipaysim.AuditRule{{Result: "none"}}
		}},
	}
}

type gatewayCall struct {
	method, why string
	kind        order.Kind
	change      func(*scenario)
	acts        []act
}

// plain returns a scenario without chaos, long enough for calls that are refused for ever.
func (c gatewayCall) plain() scenario {
	minute := alipaysim.Duration(time.Minute)
	s := scenario{
		seed: 1, crowdedAt: 60, schedules: schedules(), kind: order.KindFormal, policy: order.DefaultPolicy(), chaos: 100 * time.Hour, acts: c.acts,
		rule: alipaysim.Rule{
			Merchant: &alipaysim.MerchantRule{Answer: "AGREED", After: minute}, Authorize: &alipaysim.AuthorizeRule{After: minute},
			Build: &alipaysim.BuildRule{After: minute, Result: "ok"}, Scan: &alipaysim.ScanRule{After: minute, Result: "pass"},
			Audits: []alipaysim.AuditRule{{Result: "pass", After: minute}}, Certify: []alipaysim.CertifyStep{},
		},
	}
	s.schedules.Authorization = order.Schedule{{Every: 10 * time.Minute}} // such a life is short
	if c.kind != "" {
		s.kind = c.kind
	}
	if c.change != nil {
		c.change(&s)
	}
	return s
}

// watched is how long a life with a refusal lasts.
const watched = 8 * time.Hour

// TestNoRefusalMakesALoop checks that each call, refused for ever with every class of code
// and with unknown codes, costs few calls, and that the order shows what is wrong.
func TestNoRefusalMakesALoop(t *testing.T) {
	for _, call := range gatewayCalls() {
		refusals := refusalsOf("alipay.open.mini." + call.method)
		if underRace {
			refusals = refusals[:2]
		}
		for _, refusal := range refusals {
			t.Run(strings.TrimSpace(call.method+" "+call.why+" "+refusal.Code+" "+refusal.SubCode), func(t *testing.T) {
				t.Parallel()
				l, err := newLife(t.TempDir(), call.plain())
				if err != nil {
					t.Fatal(err)
				}
				l.strike = func(c alipaysim.Call) (alipaysim.Fault, bool) {
					struck := strings.HasSuffix(c.Method, call.method)
					l.countUp(struck && !isNotYet(alipaysim.Call{Method: c.Method, SubCode: refusal.SubCode}))
					return refusal, struck
				}
				l.unheard = func(method string) bool {
					class := codes.Classify(method, refusal.Code, refusal.SubCode, "").Class
					return strings.HasSuffix(method, call.method) && (class == codes.ClassRetry || class == codes.ClassUnknown)
				}
				l.liveRefused(t, func(c alipaysim.Call) bool { return strings.HasSuffix(c.Method, call.method) })
				if unlisted := refusal.SubCode == "NEVER_HEARD_OF" || refusal.SubCode == "SOME_NEW_KIND"; unlisted && call.method != "auth.token.app.query" {
					l.mustShow(t, refusal.SubCode)
				}
			})
		}
	}
}

// TestNoStatusMakesALoop checks that an unknown status costs few calls, and that one of a
// version is shown.
func TestNoStatusMakesALoop(t *testing.T) {
	statuses := []struct{ method, member, word string }{
		{"isv.query", "status", "PROCESS"}, {"isv.query", "status", "AGREED"}, {"fastregister.query", "status", "WAIT_CONFIRM"},
		{"version.build.query", "build_status", "1"}, {"version.build.query", "create_status", "6"},
		{"version.detail.query", "status", "INIT"}, {"version.detail.query", "status", "AUDITING"},
		{"version.detail.query", "status", "WAIT_RELEASE"}, {"version.detail.query", "scan_result", "True"},
		{"auth.token.app.query", "status", "valid"},
	}
	const unknown = "NEVER_HEARD_OF"
	for _, s := range statuses {
		t.Run(s.method+" "+s.member+" "+s.word, func(t *testing.T) {
			t.Parallel()
			call := gatewayCall{method: s.method}
			switch s.word { // an order sleeps while its merchant or a reviewer is waited for: a person looks
			case "PROCESS", "WAIT_CONFIRM":
				call.acts = []act{{at: 30 * time.Second, what: "refresh"}}
			case "AUDITING":
				call.acts = []act{{at: 30 * time.Minute, what: "refresh"}}
				call.change = func(s *scenario) { s.rule.Audits = []alipaysim.AuditRule{{Result: "none"}} }
			}
			if strings.HasPrefix(s.method, "fastregister") {
				call.kind = order.KindTrial
			}
			l, err := newLife(t.TempDir(), call.plain())
			if err != nil {
				t.Fatal(err)
			}
			l.strike = func(alipaysim.Call) (alipaysim.Fault, bool) {
				l.countUp(false)
				return alipaysim.Fault{}, false
			}
			changed := false
			l.rewrite = func(method, body string) string {
				if !strings.HasSuffix(method, s.method) {
					return body
				}
				from, to := fmt.Sprintf("%q:%q", s.member, s.word), fmt.Sprintf("%q:%q", s.member, unknown)
				changed = changed || strings.Contains(body, from)
				return strings.ReplaceAll(body, from, to)
			}
			l.liveRefused(t, func(alipaysim.Call) bool { return false })
			if !changed {
				t.Fatal("Alipay never said so: the test tests nothing")
			}
			if s.method == "version.detail.query" && s.member == "status" {
				l.mustShow(t, unknown)
			}
		})
	}
}

// countUp ends a life that loops.
func (l *life) countUp(refused bool) {
	const most, mostRefused = 2000, 200
	if refused {
		l.refused++
	}
	if l.made++; l.made > most || l.refused > mostRefused {
		l.loops = true
		l.e.finish()
	}
}

// liveRefused runs for a while from the first call that is refused, and counts.
func (l *life) liveRefused(t *testing.T, refused func(alipaysim.Call) bool) {
	t.Helper()
	var ours []alipaysim.Call
	l.e.run(func() {
		l.begin()
		l.e.in(watched, func() {
			l.see()
			l.e.finish()
		})
	})
	ours, _ = l.log()
	if _, seen := l.see(); !seen {
		t.Error("the order can't be asked")
	}
	if err := l.sim.Close(); err != nil {
		t.Error(err)
	}
	for _, text := range l.e.broken {
		t.Error(text)
	}
	l.mustBeFew(t, ours, refused)
	if t.Failed() {
		lines := l.trace.lines
		t.Logf("%s\nat last:\n%s", l.page(), &trace{lines: lines[max(0, len(lines)-40):]})
	}
}

// mustBeFew counts the refused calls by the hour, from the first on. Queries with the answer
// "not yet" may be as many as the tightest schedule makes.
func (l *life) mustBeFew(t *testing.T, ours []alipaysim.Call, refused func(alipaysim.Call) bool) {
	t.Helper()
	const pollsInHour = 125
	count, polls := map[int]int{}, map[int]int{}
	var first time.Time
	for _, call := range ours {
		if call.Code == "10000" && !refused(call) {
			continue
		}
		if first.IsZero() {
			first = call.At
		}
		hour := int(call.At.Sub(first) / time.Hour)
		if isNotYet(call) {
			polls[hour]++
		} else {
			count[hour]++
		}
	}
	later, asked := 0, 0
	for hour, n := range count {
		if hour > 0 {
			later = max(later, n)
		}
	}
	for _, n := range polls {
		asked = max(asked, n)
	}
	if count[0] > refusedInFirstHour || later > refusedInLaterHour || asked > pollsInHour {
		t.Errorf("refused calls: %d in the first hour, at most %d are allowed; %d in a later one, at most %d are allowed; %d answered not yet",
			count[0], refusedInFirstHour, later, refusedInLaterHour, asked)
	}
	if most := callsAtLeast + callsInHour*int(watched/time.Hour); len(ours) > most && asked == 0 {
		t.Errorf("%d calls in %s of the scenario, at most %d are allowed", len(ours), elapsed(l.e.now()), most)
	}
}

// mustShow checks that the order holds, and that a person reads the unknown word.
func (l *life) mustShow(t *testing.T, word string) {
	t.Helper()
	v := l.view
	if v.Stage.Ended() {
		return
	}
	if v.Hold == nil || !strings.Contains(v.Hold.Code+" "+v.Hold.Message.String()+" "+v.WaitingFor.String(), word) {
		t.Errorf("the order stands at %s, hold %s: nobody reads %s", v.Stage, holdOf(v), word)
	}
}

// rewritten changes the words of an answer and signs it again, as Alipay would.
func (p *platform) rewritten(answer *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return answer, err
	}
	text := string(body)
	object, _, found := strings.Cut(text, `,"sign":"`)
	name, inner, named := strings.Cut(object, ":")
	if found && named {
		if changed := p.rewrite(methodOf(name), inner); changed != inner {
			sum := sha256.Sum256([]byte(changed))
			signature, err := p.keys.alipay.Sign(rand.Reader, sum[:], crypto.SHA256)
			if err != nil {
				return answer, err
			}
			text = name + ":" + changed + `,"sign":"` + base64.StdEncoding.EncodeToString(signature) + `"}`
		}
	}
	answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	answer.Header.Set("Content-Length", fmt.Sprint(len(text)))
	return answer, nil
}

// methodOf returns the method that an answer's member is named after.
func methodOf(member string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.Trim(member, `{"`), "_response"), "_", ".")
}
