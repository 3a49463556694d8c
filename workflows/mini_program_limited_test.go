package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

const aDay = 24 * time.Hour

// limitedShop is a mini program whose version went online in the limited form.
func limitedShop(t *testing.T) *entity {
	e := newEntity(t)
	e.platform.token, e.platform.form = "T1", gateway.ReleaseLimited
	e.hears(time.Second, granted("T1", e.began))
	e.claims(2*time.Second, outNo)
	e.signal(3*time.Second, order.EndSignal, order.End{OutOrderNo: outNo, AppVersion: "1.0.1", BundleID: order.DefaultBundleID,
		Online: &order.OnlineVersion{AppVersion: "1.0.1", BundleID: order.DefaultBundleID, Limited: true, Since: e.began.UTC()}})
	return e
}

// limitNews are the days that were left at each warning, and -1 for the end of the limit.
func limitNews(v order.MiniProgramView) string {
	var said []int
	for _, one := range v.Events {
		switch one.Type {
		case order.HappenedLimitedEnds:
			said = append(said, *one.DaysLeft)
		case order.HappenedLimitLifted:
			said = append(said, -1)
		}
	}
	return fmt.Sprint(said)
}

// TestALimitedReleaseWarns with 30, 15 and 5 days left, and at the end; lists find it from the first
// warning on.
func TestALimitedReleaseWarns(t *testing.T) {
	e := limitedShop(t)
	views := map[int]*order.MiniProgramView{}
	for _, at := range []int{59, 61, 76, 86, 91} {
		views[at] = e.viewAt(time.Duration(at) * aDay)
	}
	e.runs(92 * aDay)
	for at, want := range map[int]string{59: "[]", 61: "[30]", 76: "[30 15]", 86: "[30 15 5]", 91: "[30 15 5 0]"} {
		if got := limitNews(*views[at]); got != want {
			t.Errorf("after %d days warned of %s, want %s", at, got, want)
		}
	}
	if until := views[59].LimitedUntil; !views[59].Limited || until == nil || !until.Equal(e.began.Add(90*aDay)) {
		t.Errorf("it is limited until %v", until)
	}
	if got := fmt.Sprint(e.holds); got != "[awaiting_filing awaiting_filing awaiting_filing awaiting_filing]" {
		t.Errorf("lists find %s", got)
	}
}

// TestWhatEndsALimit: Alipay's word that it is lifted, and no status of the filing; another version; and
// to be taken offline.
func TestWhatEndsALimit(t *testing.T) {
	full := order.End{OutOrderNo: "OUT2", AppVersion: "1.0.2", BundleID: order.DefaultBundleID,
		Online: &order.OnlineVersion{AppVersion: "1.0.2", BundleID: order.DefaultBundleID, Promotable: true}}
	tests := map[string]struct {
		happens func(*entity)
		want    string
		limited bool
	}{
		"the filing, lifted":       {func(e *entity) { e.turns(62*aDay, gateway.ReleaseFull, "FINISHED") }, "[30 -1]", false},
		"a status alone":           {func(e *entity) { e.turns(62*aDay, gateway.ReleaseLimited, "FINISHED") }, "[30 15 5 0]", true},
		"an answer without a word": {func(e *entity) { e.turns(62*aDay, "", "FINISHED") }, "[30 15 5 0]", true},
		"a full release":           {func(e *entity) { e.signal(62*aDay, order.EndSignal, full) }, "[30]", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := limitedShop(t)
			test.happens(e)
			last := e.viewAt(95 * aDay)
			e.runs(96 * aDay)
			if got := limitNews(*last); got != test.want || last.Limited != test.limited || (last.LimitedUntil != nil) != test.limited {
				t.Errorf("warned of %s, limited %v until %v", got, last.Limited, last.LimitedUntil)
			}
			if test.limited && last.Filing != "FINISHED" {
				t.Errorf("of the filing it says %q", last.Filing)
			}
			if found := e.holds[len(e.holds)-1] == "awaiting_filing"; test.limited && !found {
				t.Errorf("lists find %v", e.holds)
			}
		})
	}
}

func (e *entity) turns(when time.Duration, form gateway.LimitedRelease, filing gateway.FilingStatus) {
	e.at(when, func() {
		e.platform.change(func(p *platform) { p.form, p.filing.Status = form, filing })
	})
}

// TestAQuestionAboutALimitThatIsRefused is asked again after a rest, and the warnings come.
func TestAQuestionAboutALimitThatIsRefused(t *testing.T) {
	e := limitedShop(t)
	e.platform.refuse("limit", refusal(codes.ClassPermanent, "isv.insufficient-isv-permissions"))
	e.turns(2*aDay, gateway.ReleaseFull, "")
	early := 0
	e.at(5*time.Hour, func() { e.platform.change(func(p *platform) { early = p.calls["limit"] }) })
	last := e.viewAt(3 * aDay)
	e.runs(4 * aDay)
	if early != 0 { // Alipay may need a moment to show that it is limited
		t.Errorf("asked %d times within five hours", early)
	}
	if got := limitNews(*last); got != "[-1]" || last.Limited || e.platform.calls["limit"] < 2 {
		t.Errorf("warned of %s after %d questions", got, e.platform.calls["limit"])
	}
}

// TestAnOrderSaysThatItsReleaseIsLimited, and since when by Alipay's own time, from which the days count.
func TestAnOrderSaysThatItsReleaseIsLimited(t *testing.T) {
	for _, limited := range []bool{false, true} {
		w := ready(t)
		w.platform.unfiled = limited
		w.input.Request.Submission.PermitLimitedRelease = &limited
		online := w.env.Now().Add(-time.Hour).UTC().Truncate(time.Second)
		w.at(30*time.Minute, func(p *platform) { p.versions["0.0.1"].OnlineAt = online })
		w.epilogue = time.Hour
		after := w.entityAt(10 * time.Hour)
		view := w.run()
		if view.Stage != order.StageOnline || after.Online == nil || after.Limited != limited {
			t.Fatalf("limited %v: ended %s, the mini program shows %+v", limited, view.Stage, after)
		}
		if until := after.LimitedUntil; limited && (until == nil || !until.Equal(online.Add(90*aDay))) || !limited && until != nil {
			t.Errorf("limited %v: it is limited until %v", limited, until)
		}
	}
}
