package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/order"
)

// TestAnImportThatAlipayConfirmed revives a token that was called dead, and ends a
// doubt about it: PUT …/authorization with a valid token answers authorized.
func TestAnImportThatAlipayConfirmed(t *testing.T) {
	for what, before := range map[string]func(*entity){
		"revoked": func(e *entity) { e.hears(3*time.Minute, revoked("T1")) },
		"in doubt": func(e *entity) {
			e.at(3*time.Minute, func() { e.platform.refuse("token", ours()) })
			e.doubts(3*time.Minute, outNo, "T1")
		},
	} {
		e := newEntity(t)
		e.platform.token = "T1"
		e.claims(time.Minute, outNo)
		e.hears(2*time.Minute, granted("T1", e.began))
		before(e)
		imported := e.imports(200*time.Second, *granted("T1", e.began).Evidence.Token)
		live := e.liveAt(5 * time.Minute)
		e.runs(20 * time.Hour)
		view, _ := imported.view.(order.MiniProgramView)
		if view.Authorization != order.AuthorizationAuthorized || view.Doubt != nil || *live != "f-T1" {
			t.Errorf("%s: answered %+v, lives by %q", what, imported.view, *live)
		}
		if last := e.news[len(e.news)-1]; last != outNo+" authorized" {
			t.Errorf("%s: informed of %v", what, e.news)
		}
	}
}

// TestADeadTokenOutranksNothing: the merchant's older authorisation lives, the newer
// one was revoked. An import gives the time of the authorisation, which is before it.
func TestADeadTokenOutranksNothing(t *testing.T) {
	for _, way := range []string{"import", "message"} {
		e := newEntity(t)
		e.platform.token = "T1"
		e.claims(time.Minute, outNo)
		e.hears(2*time.Minute, granted("T2", e.began.Add(9*time.Hour)))
		e.hears(3*time.Minute, revoked("T2"))
		older := granted("T1", e.began)
		if way == "import" {
			e.imports(4*time.Minute, *older.Evidence.Token)
		} else {
			e.hears(4*time.Minute, older)
		}
		live := e.liveAt(5 * time.Minute)
		e.runs(20 * time.Hour)
		if *live != "f-T1" {
			t.Errorf("%s: lives by %q", way, *live)
		}
	}
}

// TestWhichTokenAnImportOutranks: an older one that lives, one of the same moment (a
// refreshed pair has the time of its authorisation), and a newer one that nobody knows
// to live. A newer one that lives stays.
func TestWhichTokenAnImportOutranks(t *testing.T) {
	for name, test := range map[string]struct {
		imported time.Duration
		doubtful bool
		want     string
	}{
		"an older one":             {time.Hour, false, "f-T2"},
		"one of the same moment":   {0, false, "f-T2"},
		"a newer one":              {-time.Hour, false, "f-T1"},
		"a newer one in the doubt": {-time.Hour, true, "f-T2"},
	} {
		e := newEntity(t)
		e.platform.token = "T1"
		e.claims(time.Minute, outNo)
		e.hears(2*time.Minute, granted("T1", e.began))
		if test.doubtful {
			e.at(3*time.Minute, func() { e.platform.refuse("token", ours(), ours()) })
			e.doubts(3*time.Minute, outNo, "T1")
		}
		e.at(200*time.Second, func() { e.platform.change(func(p *platform) { p.token = strings.TrimPrefix(test.want, "f-") }) })
		e.imports(200*time.Second, *granted("T2", e.began.Add(test.imported)).Evidence.Token)
		live := e.liveAt(5 * time.Minute)
		e.runs(time.Hour)
		if *live != test.want {
			t.Errorf("%s: lives by %q, want %q", name, *live, test.want)
		}
	}
}

// TestAnImportOfTheTokenThatIsKept forgets nothing of it.
func TestAnImportOfTheTokenThatIsKept(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	first := granted("T1", e.began)
	first.Evidence.Token.Refresh = "R1"
	e.hears(time.Minute, first)
	e.imports(2*time.Minute, *granted("T1", e.began.Add(-time.Hour)).Evidence.Token)
	var kept *order.Token
	e.at(3*time.Minute, func() { kept = e.token() })
	e.runs(time.Hour)
	if kept == nil || kept.Refresh != "R1" || !kept.AuthTime.Equal(e.began) {
		t.Errorf("kept %+v", kept)
	}
}
