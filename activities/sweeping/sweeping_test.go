package sweeping

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.temporal.io/api/serviceerror"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/look"
	"miniflow/order"
)

// TestOnlyWhatIsDueIsAskedAbout while messages arrive, and only news is told.
func TestOnlyWhatIsDueIsAskedAbout(t *testing.T) {
	b := newBench(t)
	agreed, quiet := b.merchant("due-agreed", noon), b.merchant("due-quiet", noon.Add(-time.Minute))
	b.merchant("asked-before", noon.Add(-time.Hour))
	b.merchant("not-yet", noon.Add(time.Minute))
	gone := b.merchant("due-gone", noon)
	gone.closed = true
	passed := b.version("due-passed", noon.Add(-time.Second), order.StageAuditing, order.WaitAudit)
	released := b.version("long-released", noon.Add(-11*time.Hour), order.StageReleasing, order.WaitRelease)
	b.alipay.merchants["due-agreed"] = activities.MerchantAnswer{Status: order.MerchantAgreed, MiniAppID: "M"}
	b.alipay.versions["due-passed"] = activities.VersionAnswer{Status: activities.VersionWaitRelease}
	b.alipay.versions["long-released"] = activities.VersionAnswer{Status: activities.VersionRelease}
	state, total := b.pass(healthy())
	if got := fmt.Sprint(b.alipay.sorted()); got != "[due-agreed due-passed due-quiet long-released]" || total.Asked != 4 || total.News != 3 {
		t.Errorf("asked about %s: %+v", got, total)
	}
	if got := fmt.Sprint(b.alipay.foreseen); got != "[true [M M]]" {
		t.Errorf("tokens are read for %s", got)
	}
	if len(b.alipay.turns) != 1 || b.alipay.turns[gateway.TurnLook] != 4 {
		t.Errorf("whose turn it was: %v", b.alipay.turns)
	}
	if got := fmt.Sprint(agreed.pokes, quiet.pokes, passed.pokes, released.pokes); got != "[poke: sweep: agreed] [] [poke: sweep: WAIT_RELEASE] [poke: sweep: RELEASE]" {
		t.Errorf("told %s", got)
	}
	if state.Round != nil || state.Messages[alipay.MessageVersionAuditPassed].Health() != look.HealthHealthy {
		t.Errorf("afterwards: %+v", state)
	}
	b.now = noon.Add(10 * time.Minute)
	if _, total = b.pass(state); fmt.Sprint(b.alipay.sorted()) != "[long-released not-yet]" || total.Asked != 2 {
		t.Errorf("the next pass asks again: %+v", total)
	}
}

// TestAFilingIsAskedAboutWithItsVersion: news of either is told, what is known is not.
func TestAFilingIsAskedAboutWithItsVersion(t *testing.T) {
	b := newBench(t)
	one := b.version("1.0.0", noon, order.StageReleasing, order.WaitFiling)
	one.look.While, one.look.Filing = []string{"WAIT_RELEASE"}, "AUDITING"
	for _, test := range []struct {
		version activities.VersionStatus
		filing  order.Filing
		want    string
	}{
		{activities.VersionWaitRelease, "AUDITING", "[]"}, {activities.VersionWaitRelease, "", "[]"},
		{activities.VersionWaitRelease, "FINISHED", "[poke: sweep: WAIT_RELEASE FINISHED]"},
		{activities.VersionRelease, "AUDITING", "[poke: sweep: RELEASE AUDITING]"},
	} {
		one.pokes = nil
		b.alipay.versions["1.0.0"], b.alipay.filing = activities.VersionAnswer{Status: test.version}, test.filing
		b.pass(healthy())
		if got := fmt.Sprint(one.pokes); got != test.want || fmt.Sprint(b.alipay.sorted()) != "[1.0.0]" {
			t.Errorf("%s, %s: told %s", test.version, test.filing, got)
		}
	}
	if got := fmt.Sprint(b.alipay.foreseen); !strings.HasPrefix(got, "[true [M]") {
		t.Errorf("tokens are read for %s", got)
	}
}

// TestATrialIsAskedAboutTwice where its version waits beside its certification, and each has its
// own news.
func TestATrialIsAskedAboutTwice(t *testing.T) {
	b := newBench(t)
	one := b.version("1.0.0", noon, order.StageAuditing, order.WaitAudit)
	one.kind, one.look.Kind, one.look.OrderNo, one.look.Certification = order.KindTrial, order.KindTrial, "T1", order.CertificationOperator
	one.look.Waits = append(one.look.Waits, order.WaitCertification)
	for certification, want := range map[order.Certification]string{
		order.CertificationOperator: "[]", order.CertificationNone: "[]", order.CertificationCertified: "[poke: sweep: certification certified]",
	} {
		one.pokes = nil
		b.alipay.merchants["T1"] = activities.MerchantAnswer{Status: order.MerchantAgreed, Certification: certification}
		b.pass(healthy())
		if got := fmt.Sprint(one.pokes); got != want || fmt.Sprint(b.alipay.sorted()) != "[1.0.0 T1]" {
			t.Errorf("%s: told %s", certification, got)
		}
	}
	one.pokes = nil
	b.alipay.merchants["T1"] = activities.MerchantAnswer{Status: order.MerchantFailed}
	if b.pass(healthy()); fmt.Sprint(one.pokes) != "[poke: sweep: failed]" {
		t.Errorf("a trial that was deregistered: told %v", one.pokes)
	}
}

// TestAnAnswerThatIsNoneEndsNoPass: a refused question is counted and told, since its order has
// to show it, and an order that is gone needs nothing.
func TestAnAnswerThatIsNoneEndsNoPass(t *testing.T) {
	b := newBench(t)
	dead := b.version("dead-token", noon, order.StageAuditing, order.WaitAudit)
	fix := b.merchant("unknown", noon)
	b.merchant("well", noon)
	b.alipay.fails["dead-token"] = refused(activities.FailureAuthorization)
	b.alipay.fails["unknown"] = refused(activities.FailurePermanent)
	planned := b.plan(healthy())
	report, err := b.sweep(planned.Plan, 0)
	if err != nil || report.Asked != 3 || report.Refused != 2 || report.BrokenOff {
		t.Errorf("%+v, %v", report, err)
	}
	if got := fmt.Sprint(dead.pokes, fix.pokes); got != "[poke: sweep: the question was refused] [poke: sweep: the question was refused]" {
		t.Errorf("told %s", got)
	}
	// Lists lag behind: it has ended since.
	b.alipay.fails["dead-token"] = nil
	b.alipay.versions["dead-token"] = activities.VersionAnswer{Status: activities.VersionAuditReject}
	b.temporal.fails["signal"] = serviceerror.NewNotFound("it has ended")
	if report, err := b.sweep(planned.Plan, 0); err != nil || report.News != 1 {
		t.Errorf("an order that has ended: %+v, %v", report, err)
	}
	b.temporal.fails["signal"] = serviceerror.NewUnavailable("Temporal is down")
	if _, err := b.sweep(planned.Plan, 0); err == nil {
		t.Error("news that could not be told is lost")
	}
}

// TestARoundTellsARefusedTokenOnce in a stride, though it comes by in each pass.
func TestARoundTellsARefusedTokenOnce(t *testing.T) {
	b := newBench(t)
	dead := b.version("dead-token", noon.Add(-time.Minute), order.StageAuditing, order.WaitAudit)
	b.alipay.fails["dead-token"] = refused(activities.FailureAuthorization)
	state := healthy()
	state.Messages[alipay.MessageVersionAuditPassed] = look.Record{Facts: "0"}
	for range 4 {
		state, _ = b.pass(state)
		b.now = b.now.Add(10 * time.Minute)
	}
	if len(dead.pokes) != 1 || len(b.alipay.asked) != 4 {
		t.Errorf("asked %v, told %v", b.alipay.asked, dead.pokes)
	}
}

// TestAnAlipayThatIsSilentBreaksThePassOff, and the next asks what this one had to.
func TestAnAlipayThatIsSilentBreaksThePassOff(t *testing.T) {
	b := newBench(t)
	for i := range 100 {
		b.merchant(fmt.Sprint("due", i), noon)
	}
	b.alipay.fails["*"] = refused(activities.FailureUnknown)
	planned := b.plan(healthy())
	report, err := b.sweep(planned.Plan, 0)
	if err != nil || !report.BrokenOff || report.Unanswered < silence || report.Unanswered > silence+b.part().atOnce() {
		t.Errorf("%+v, %v", report, err)
	}
	state, _ := planned.State.Finish(planned.Plan, []look.Report{report}, b.now)
	b.alipay.fails, b.alipay.asked, b.now = nil, nil, noon.Add(10*time.Minute)
	if _, total := b.pass(state); total.Asked != 100 {
		t.Errorf("the next pass: %+v", total)
	}
}

func (b *bench) part() *part { return &part{Sweeper: b.Sweeper} }

// TestALateFactIsAMissingMessage: by Alipay's own times, and only where the order waits at this
// very moment.
func TestALateFactIsAMissingMessage(t *testing.T) {
	for name, test := range map[string]struct {
		ended time.Duration
		now   *order.Look
		state activities.VersionStatus
		lost  string
	}{
		"long ago":           {-6 * time.Minute, nil, activities.VersionAuditReject, "map[" + alipay.MessageVersionAuditRejected + ":1]"},
		"a base pass":        {-6 * time.Minute, nil, activities.VersionBaseAuditPass, "map[" + alipay.MessageVersionBaseAuditPassed + ":1]"},
		"passed":             {-6 * time.Minute, nil, activities.VersionWaitRelease, "map[" + alipay.MessageVersionAuditPassed + ":1]"},
		"online":             {-6 * time.Minute, nil, activities.VersionRelease, "map[" + alipay.MessageVersionAuditPassed + ":1]"},
		"just now":           {-4 * time.Minute, nil, activities.VersionAuditReject, "map[]"},
		"taken down":         {-6 * time.Minute, nil, activities.VersionAuditOffline, "map[:1]"},
		"the list was old":   {-6 * time.Minute, &order.Look{}, activities.VersionAuditReject, "map[]"},
		"a version later":    {-6 * time.Minute, &order.Look{Waits: []order.Wait{order.WaitAudit}, AppVersion: "1.0.1"}, activities.VersionAuditReject, "map[]"},
		"still in the audit": {-6 * time.Minute, nil, activities.VersionAuditing, "map[]"},
	} {
		b := newBench(t)
		one := b.version("1.0.0", noon, order.StageAuditing, order.WaitAudit)
		one.now = test.now
		b.alipay.versions["1.0.0"] = activities.VersionAnswer{Status: test.state, EndedAt: noon.Add(test.ended)}
		report, err := b.sweep(b.plan(healthy()).Plan, 0)
		if test.lost == "map[:1]" {
			test.lost = "map[]" // no message announces it
		}
		if got := fmt.Sprint(report.Lost); got != test.lost || err != nil || report.Asked != 1 {
			t.Errorf("%s: missing is %s, %v", name, got, err)
		}
	}
	b := newBench(t)
	b.version("1.0.0", noon, order.StageBasePassed, order.WaitChange)
	b.alipay.versions["1.0.0"] = activities.VersionAnswer{Status: activities.VersionRelease, EndedAt: noon.Add(-time.Hour)}
	if report, _ := b.sweep(b.plan(healthy()).Plan, 0); len(report.Lost) > 0 || report.News != 1 {
		t.Errorf("what no message announces is missing: %+v", report)
	}
}

// TestFactsAreListedOnce: those of the time since the last pass, whatever the order has learned
// later.
func TestFactsAreListedOnce(t *testing.T) {
	b := newBench(t)
	fact := func(at time.Duration, told bool) order.Fact {
		return order.Fact{Message: alipay.MessageMerchantConfirmed, At: noon.Add(at), Told: told, Waited: order.Duration(time.Hour)}
	}
	b.temporal.kept = []*kept{
		{id: "later too", factAt: noon, look: order.Look{Facts: []order.Fact{fact(-20*time.Minute, true), fact(-2*time.Minute, false), fact(0, true)}}},
		{id: "ended", closed: true, factAt: noon.Add(-5 * time.Minute), look: order.Look{Facts: []order.Fact{fact(-5*time.Minute, true)}}},
		{id: "older", factAt: noon.Add(-15 * time.Minute), look: order.Look{Facts: []order.Fact{fact(-15*time.Minute, true)}}},
	}
	planned := b.plan(healthy())
	if got := planned.State.Messages[alipay.MessageMerchantConfirmed].Facts; got != "1111110" || len(planned.State.Lengths[order.WaitMerchant]) != 2 {
		t.Errorf("learned %s, %v", got, planned.State.Lengths)
	}
	b.now = noon.Add(10 * time.Minute)
	if got := b.plan(planned.State).State.Messages[alipay.MessageMerchantConfirmed].Facts; got != "11111101" {
		t.Errorf("then learned %s", got)
	}
	// A Sweep that begins afresh learns from what lists know.
	if got := b.plan(look.State{}).State.Messages[alipay.MessageMerchantConfirmed].Facts; got != "11101" {
		t.Errorf("afresh learned %s", got)
	}
}

// TestARoundGoesOn in the next pass, with each part's own share, and asks about each order once.
func TestARoundGoesOn(t *testing.T) {
	b := newBench(t)
	const many = 700
	for i := range many {
		b.merchant(fmt.Sprint("M", i), noon.Add(time.Duration(i-300)*time.Minute))
	}
	b.version("1.0.0", noon.Add(100*time.Hour), order.StageAuditing, order.WaitAudit)
	b.workers = 3
	state := healthy()
	state.Messages[alipay.MessageMerchantConfirmed] = look.Record{Facts: "0"}
	b.temporal.turned = func(int) { b.now = b.now.Add(10 * time.Second) } // time flies
	passes := 0
	for planned := b.plan(state); ; planned = b.plan(state) {
		if passes++; passes > 50 {
			t.Fatalf("no end: %+v", state.Round)
		}
		if round := planned.Plan.Round; round == nil || round.Looks != many || len(round.Parts) != 3 {
			t.Fatalf("the round: %+v", round)
		}
		var reports []look.Report
		for i := range planned.Plan.Parts {
			report, err := b.sweep(planned.Plan, i)
			if err != nil {
				t.Fatal(err)
			}
			reports = append(reports, report)
		}
		if state, _ = planned.State.Finish(planned.Plan, reports, b.now); state.Round == nil {
			break
		}
	}
	asked := b.alipay.sorted()
	if len(asked) != many || len(slices.Compact(slices.Clone(asked))) != many || passes < 2 {
		t.Errorf("asked %d times about %d orders in %d passes", len(asked), len(slices.Compact(asked)), passes)
	}
}

// TestAWorkerThatDiedIsReplaced where its last heartbeat was: at most a page is asked about twice.
func TestAWorkerThatDiedIsReplaced(t *testing.T) {
	b := newBench(t)
	const many = 1000
	for i := range many {
		b.merchant(fmt.Sprint("M", i), noon.Add(-time.Duration(i)*time.Second/2))
	}
	plan := b.plan(healthy()).Plan
	half := noon.Add(-250 * time.Second)
	b.env.SetHeartbeatDetails(progress{From: half, Report: look.Report{Asked: 500}, Alive: noon.Add(-time.Minute)})
	report, err := b.sweep(plan, 0)
	if err != nil || report.Asked != 500+500 || report.Interrupted || len(b.alipay.asked) != 500 {
		t.Errorf("%+v, %v: asked %d", report, err, len(b.alipay.asked))
	}
	b.fresh()
	b.env.SetHeartbeatDetails(progress{Stretches: 9, Alive: noon.Add(-time.Hour)})
	if report, err := b.sweep(plan, 0); err != nil || !report.Interrupted || report.Asked != 0 {
		t.Errorf("after an hour: %+v, %v", report, err)
	}
	// What is under way says how far it is.
	b.fresh()
	var beats []progress
	b.temporal.turned = func(int) { beats = append(beats, progress{}) }
	b.temporal.fails["list"] = errors.New("Temporal is down")
	if _, err := b.sweep(plan, 0); err == nil || len(beats) != 1 {
		t.Errorf("a list that fails: %v", err)
	}
}

// TestTheMetricsShow what looks find, and how messages arrive.
func TestTheMetricsShow(t *testing.T) {
	b := newBench(t)
	b.merchant("quiet", noon)
	b.merchant("agreed", noon)
	b.alipay.merchants["agreed"] = activities.MerchantAnswer{Status: order.MerchantAgreed}
	state := healthy()
	state.Messages[alipay.MessageMerchantConfirmed] = look.Record{Facts: "0"}
	b.pass(state)
	scraped := httptest.NewRecorder()
	promhttp.HandlerFor(b.registry, promhttp.HandlerOpts{}).ServeHTTP(scraped, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	const app = `{app_id="2021000000000001"`
	for _, line := range []string{
		"looks_total" + app + `,outcome="news"} 1`, "looks_total" + app + `,outcome="quiet"} 1`,
		"looks_total" + app + `,outcome="refused"} 0`, "looks_total" + app + `,outcome="unanswered"} 0`,
		"message_health" + app + `,message="alipay.open.mini.merchant.confirmed"} -1`,
		"message_health" + app + `,message="alipay.open.mini.version.audit.passed"} 1`,
		"round_left" + app + "} 2", "waiting_orders" + app + "} 2", "planned_timestamp_seconds" + app + "} " + fmt.Sprint(float64(noon.Unix())), "part_seconds_count" + app + "} 1",
	} {
		if !strings.Contains(scraped.Body.String(), "\nminiflow_sweep_"+line+"\n") {
			t.Errorf("missing in the scrape: %s", line)
		}
	}
	if _, err := NewMetrics(b.registry, nil); err == nil {
		t.Error("metrics are registered twice")
	}
}
