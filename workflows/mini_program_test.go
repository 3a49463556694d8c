package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"miniflow/order"
)

// TestTheNewestTokenWins whatever came first, and the order in charge hears of it.
func TestTheNewestTokenWins(t *testing.T) {
	for _, arrival := range [][]string{{"T1", "T2", "T3"}, {"T3", "T2", "T1"}, {"T2", "T3", "T1"}} {
		e := newEntity(t)
		e.claims(time.Minute, outNo)
		newest := ""
		for i, token := range arrival {
			since := time.Duration(token[1]-'0') * time.Hour
			e.hears(time.Duration(i+2)*time.Minute, granted(token, e.began.Add(since)))
		}
		view, live := e.viewAt(time.Hour), e.liveAt(time.Hour)
		e.platform.token = "T3"
		e.runs(2 * time.Hour)
		if *live != "f-T3" || view.Authorization != order.AuthorizationAuthorized || !view.AuthorizedAt.Equal(e.began.Add(3*time.Hour)) {
			t.Errorf("%v: lives by %q, %+v", arrival, *live, view)
		}
		for i, token := range arrival {
			want := order.DispositionStale
			if token > newest {
				newest, want = token, order.DispositionApplied
			}
			if got := e.becomes(fmt.Sprintf("m%d", i+1)); got != want {
				t.Errorf("%v: %s became %s, want %s", arrival, token, got, want)
			}
		}
	}
}

// TestARevocation kills the token that it names, and no other one unless Alipay says so.
func TestARevocation(t *testing.T) {
	tests := map[string]struct {
		names string
		alive string // what Alipay takes by then
		live  string
		state order.Authorization
		as    order.Disposition
	}{
		"of the current token":              {"T1", "", "", order.AuthorizationRevoked, order.DispositionApplied},
		"of an old token, ours is valid":    {"T0", "T1", "f-T1", order.AuthorizationAuthorized, order.DispositionStale},
		"of an old token, ours is dead too": {"T0", "", "", order.AuthorizationRevoked, order.DispositionApplied},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := newEntity(t)
			e.platform.token = "T1"
			e.at(150*time.Second, func() { e.platform.change(func(p *platform) { p.token = test.alive }) })
			e.claims(time.Minute, outNo)
			e.hears(2*time.Minute, granted("T1", e.began))
			e.hears(3*time.Minute, revoked(test.names))
			view, live := e.viewAt(time.Hour), e.liveAt(time.Hour)
			e.runs(2 * time.Hour)
			if *live != test.live || view.Authorization != test.state {
				t.Errorf("lives by %q, %s", *live, view.Authorization)
			}
			if got := e.becomes("m2"); got != test.as {
				t.Errorf("the revocation became %s", got)
			}
			if last := e.news[len(e.news)-1]; last != outNo+" "+string(test.state) {
				t.Errorf("the order was informed of %v", e.news)
			}
		})
	}
}

// TestARevocationThatCameFirst: the token that it names is dead on arrival; the next one is not.
func TestARevocationThatCameFirst(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T2"
	e.hears(time.Minute, revoked("T1"))
	e.hears(2*time.Minute, granted("T1", e.began))
	dead := e.liveAt(3 * time.Minute)
	e.hears(4*time.Minute, granted("T2", e.began.Add(time.Hour)))
	live := e.liveAt(5 * time.Minute)
	e.runs(time.Hour)
	if *dead != "" || *live != "f-T2" || e.becomes("m2") != order.DispositionStale {
		t.Errorf("lived by %q, then by %q; the dead token became %s", *dead, *live, e.becomes("m2"))
	}
}

// TestAnImportDuringAQuestion: the answer, whatever it is, is about the token that
// was asked about, and says nothing of the one that came meanwhile.
func TestAnImportDuringAQuestion(t *testing.T) {
	for who, ask := range map[string]func(*entity){
		"a revocation": func(e *entity) { e.hears(3*time.Minute, revoked("T0")) },
		"a doubt":      func(e *entity) { e.doubts(3*time.Minute, outNo, "T1") },
		"the watch":    func(*entity) {},
	} {
		for _, answer := range []string{"T1", "none"} { // what Alipay takes while it is asked
			e := newEntity(t)
			e.platform.token = "T1"
			e.claims(time.Minute, outNo)
			e.hears(time.Minute, granted("T1", e.began))
			e.at(2*time.Minute, func() {
				e.platform.change(func(p *platform) { p.token, e.meanwhile = answer, e.importDuring })
			})
			ask(e)
			view, live := e.viewAt(26*time.Hour), e.liveAt(26*time.Hour)
			e.runs(27 * time.Hour)
			if *live != "f-T2" || view.Authorization != order.AuthorizationAuthorized || e.meanwhile != nil {
				t.Errorf("%s asked, Alipay takes %s: lives by %q, %s", who, answer, *live, view.Authorization)
			}
		}
	}
}

// importDuring imports a token that Alipay takes from now on.
func (e *entity) importDuring() {
	e.platform.change(func(p *platform) { p.token = "T2" })
	token := *granted("T2", e.began.Add(time.Hour)).Evidence.Token
	e.env.UpdateWorkflow(order.ImportTokenUpdate, "import", &outcome{}, token)
}

// TestAnImportIsNews to the order in charge, and an older one changes nothing.
func TestAnImportIsNews(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T2"
	e.claims(time.Minute, outNo)
	e.imports(2*time.Minute, *granted("T2", e.began.Add(time.Hour)).Evidence.Token)
	e.imports(3*time.Minute, *granted("T1", e.began).Evidence.Token)
	live := e.liveAt(4 * time.Minute)
	e.runs(time.Hour)
	if *live != "f-T2" {
		t.Errorf("lives by %q", *live)
	}
	same(t, "news", e.news, outNo+" none", outNo+" authorized", outNo+" authorized")
}

// TestALostRevocation is found by the daily look at the token.
func TestALostRevocation(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, granted("T1", e.began))
	e.at(30*time.Hour, func() { e.platform.change(func(p *platform) { p.token = "" }) })
	before, after := e.viewAt(47*time.Hour), e.viewAt(49*time.Hour)
	e.runs(50 * time.Hour)
	if before.Authorization != order.AuthorizationAuthorized || after.Authorization != order.AuthorizationRevoked {
		t.Errorf("was %s, then %s", before.Authorization, after.Authorization)
	}
	if last := e.news[len(e.news)-1]; last != outNo+" revoked" {
		t.Errorf("informed of %v", e.news)
	}
}

// TestAMiniProgramShowsListsThatItNeedsAPerson, once, and takes it back once it has a token again.
func TestAMiniProgramShowsListsThatItNeedsAPerson(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.at(150*time.Second, func() { e.platform.change(func(p *platform) { p.token = "" }) })
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, granted("T1", e.began))
	e.hears(3*time.Minute, revoked("T1"))
	e.hears(time.Hour, granted("T2", e.began.Add(time.Hour)))
	e.runs(2 * time.Hour)
	if len(e.holds) != 1 || e.holds[0] != string(order.HoldAuthorizationRevoked) {
		t.Errorf("lists were shown %v", e.holds)
	}
}
