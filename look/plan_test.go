package look

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/order"
)

// sweeping is a Sweep on a clock of its own.
type sweeping struct {
	t     *testing.T
	state State
	plan  Plan
	at    time.Time
	pause time.Duration
}

// pass makes a pass in which so much was counted, and whose parts report this.
func (s *sweeping) pass(seen Seen, counted Counted, reports ...Report) *sweeping {
	s.t.Helper()
	seen.At = s.at
	if seen.Now.IsZero() {
		seen.Now = s.at
	}
	before, err := json.Marshal(s.state)
	if err != nil {
		s.t.Fatal(err)
	}
	state, plan := s.state.Begin(seen, settings)
	state, plan = state.Enlist(plan, counted, max(1, seen.Workers), settings)
	if after, _ := json.Marshal(s.state); string(after) != string(before) {
		s.t.Errorf("planning changed the state from %s to %s", before, after)
	}
	s.plan = plan
	if len(reports) == 0 {
		reports = make([]Report, plan.Parts)
	}
	s.state, s.pause = state.Finish(plan, reports, s.at.Add(time.Minute))
	s.at = s.at.Add(time.Minute + s.pause)
	return s
}

// learned are facts that were told, and of each length.
func learned(message string, times int, waited time.Duration) (facts []order.Fact) {
	for i := range times {
		facts = append(facts, order.Fact{Message: message, At: noon.Add(time.Duration(i) * time.Second), Waited: order.Duration(waited), Told: true})
	}
	return facts
}

// healthySeen is what makes every topic healthy.
func healthySeen() Seen {
	return Seen{Facts: slices.Concat(learned(alipay.MessageMerchantConfirmed, 5, 20*time.Hour),
		learned(alipay.MessageFastRegisterChanged, 5, time.Hour), learned(alipay.MessageVersionAuditPassed, 5, time.Hour))}
}

// TestAnAppThatIsNewAsksAboutAll that waits, and stops once it has learned that messages arrive.
func TestAnAppThatIsNewAsksAboutAll(t *testing.T) {
	s := &sweeping{t: t, at: noon}
	s.pass(Seen{}, Counted{Waiting: 100, Looks: 100})
	round := s.plan.Round
	if round == nil || len(round.Topics) != 3 || round.Looks != 100 || round.PerSecond != 5 || round.Why.String() != "messages are no measure yet (confirmation: learning, registration: learning, audit: learning)" {
		t.Fatalf("its round: %+v", round)
	}
	if want := noon.Add(33 * time.Second); !round.Began.Equal(noon) || !round.Until.Equal(want) || len(round.Parts) != 1 {
		t.Errorf("it lasts until %s, want %s, in %d parts", round.Until, want, len(round.Parts))
	}
	if s.pause != leastPause || s.state.Round == nil {
		t.Errorf("the rest of a round follows after %v: %+v", s.pause, s.state.Round)
	}
	s.pass(Seen{}, Counted{Waiting: -1}, Report{Asked: 100, Around: 100, Part: Part{Done: true}})
	if s.state.Round != nil || s.pause != 9*time.Minute {
		t.Errorf("after the round it pauses for %v: %+v", s.pause, s.state.Round)
	}
	s.pass(healthySeen(), Counted{Waiting: 100, First: 3})
	if s.plan.Round != nil || s.plan.Parts != 1 || s.plan.Due != 3 {
		t.Errorf("a healthy app: %+v", s.plan)
	}
	if got := fmt.Sprint(s.plan.Strides[order.WaitMerchant], s.plan.Strides[order.WaitAudit], s.state.Lengths[order.WaitMerchant].Percentile(Median)); got != "72000000000000 21600000000000 1h0m0s" {
		t.Errorf("asked again after %s", got)
	}
	s.pass(Seen{}, Counted{Waiting: -1})
	if s.plan.Parts != 0 {
		t.Errorf("without anything due it asks in %d parts", s.plan.Parts)
	}
}

// TestNobodyWaitsNoRound: an app without orders costs nothing.
func TestNobodyWaitsNoRound(t *testing.T) {
	s := &sweeping{t: t, at: noon}
	if s.pass(Seen{}, Counted{}); s.plan.Parts != 0 || s.plan.Round != nil || s.state.Round != nil || s.pause != 9*time.Minute {
		t.Errorf("it asks in %d parts, pauses for %v: %+v", s.plan.Parts, s.pause, s.state)
	}
}

// TestALateFactBringsARound of its topic alone.
func TestALateFactBringsARound(t *testing.T) {
	s := &sweeping{t: t, at: noon}
	s.pass(healthySeen(), Counted{Waiting: 1000, First: 3}, Report{Lost: map[string]int{alipay.MessageVersionAuditRejected: 2}})
	if s.state.Health(TopicAudit) != HealthUnhealthy || s.state.Health(TopicConfirmation) != HealthHealthy {
		t.Fatalf("after a loss: %+v", s.state.Messages)
	}
	s.pass(Seen{Workers: 3}, Counted{Waiting: 1000, Looks: 700})
	round := s.plan.Round
	if round == nil || !slices.Equal(round.Topics, []Topic{TopicAudit}) || len(round.Parts) != 3 || round.PerSecond != 5 || s.plan.Parts != 3 {
		t.Fatalf("its round: %+v, in %d parts", round, s.plan.Parts)
	}
	// One part is slower.
	s.pass(Seen{}, Counted{Waiting: -1}, Report{Around: 200, Part: Part{Done: true}}, Report{Around: 100, Part: Part{From: noon}}, Report{Around: 250, Part: Part{Done: true}})
	if s.state.Round == nil || s.state.Round.Asked != 550 || !s.state.Round.Parts[1].From.Equal(noon) || s.state.Round.Parts[1].Done {
		t.Fatalf("under way: %+v", s.state.Round)
	}
	s.pass(Seen{Facts: learned(alipay.MessageVersionAuditRejected, 24, 0)}, Counted{Waiting: -1})
	if s.plan.Round != nil || s.state.Health(TopicAudit) != HealthHealthy {
		t.Errorf("once healthy it goes on: %+v", s.plan.Round)
	}
}

// TestAfterASilenceAllAreAsked: nobody was there, be it before a pass or in the middle of one.
func TestAfterASilenceAllAreAsked(t *testing.T) {
	healthy := func() *sweeping {
		s := &sweeping{t: t, at: noon}
		return s.pass(healthySeen(), Counted{Waiting: 1000, First: 3}).pass(Seen{}, Counted{Waiting: 1000})
	}
	for name, pass := range map[string]func(*sweeping){
		"nobody began":   func(s *sweeping) { s.at = s.at.Add(time.Hour); s.pass(Seen{}, Counted{Waiting: 900, Looks: 1000}) },
		"nobody planned": func(s *sweeping) { s.pass(Seen{Now: s.at.Add(time.Hour)}, Counted{Waiting: 900, Looks: 1000}) },
		"nobody went on": func(s *sweeping) {
			s.pass(Seen{}, Counted{Waiting: -1, First: 1}, Report{Interrupted: true}).pass(Seen{}, Counted{Waiting: 900, Looks: 1000})
		},
		"a round was going": func(s *sweeping) {
			s.state.Round = &Round{Topics: []Topic{TopicAudit}, Began: noon, Parts: make([]Part, 2)}
			s.at = s.at.Add(time.Hour)
			s.pass(Seen{}, Counted{Waiting: 900, Looks: 1000})
		},
	} {
		s := healthy()
		pass(s)
		if !s.state.AsksAll() || s.plan.Round.Looks != 1000 || s.plan.Overdue || s.plan.Due != 0 || !s.plan.Since.Equal(s.plan.At) || s.state.Interrupted || !strings.HasPrefix(s.plan.Round.Why.String(), "nobody looked for ") {
			t.Errorf("%s: %+v, round %+v", name, s.plan, s.plan.Round)
		}
		if !s.state.Relisted.Equal(s.plan.At) {
			t.Errorf("%s: what is overdue is listed as of %s", name, s.state.Relisted)
		}
	}
	s := healthy()
	s.at = s.at.Add(19 * time.Minute)
	if s.pass(Seen{}, Counted{Waiting: -1}); s.plan.Round != nil {
		t.Errorf("a late pass is a silence: %+v", s.plan.Round)
	}
}

// TestAPassThatIsBrokenOffIsMadeUpFor by the next, which asks what this one had to.
func TestAPassThatIsBrokenOffIsMadeUpFor(t *testing.T) {
	s := &sweeping{t: t, at: noon}
	s.pass(healthySeen(), Counted{Waiting: 1000, First: 3})
	since := s.state.Swept
	s.pass(Seen{}, Counted{Waiting: -1, First: 4}, Report{BrokenOff: true, Asked: 5, Unanswered: 5})
	if s.pause != 9*time.Minute || !s.state.Last.Total.BrokenOff {
		t.Errorf("it pauses for %v: %+v", s.pause, s.state.Last)
	}
	if s.pass(Seen{}, Counted{Waiting: -1}); !s.plan.Since.Equal(since) {
		t.Errorf("the next asks what came due since %s, not %s", s.plan.Since, since)
	}
}

// TestListingTakesAFewPercent of the time at most.
func TestListingTakesAFewPercent(t *testing.T) {
	s := &sweeping{t: t, at: noon}
	s.pass(healthySeen(), Counted{Waiting: 100000, First: 3}, Report{Listing: order.Duration(20 * time.Second)}, Report{Listing: order.Duration(time.Second)})
	if s.pause != 10*time.Minute {
		t.Errorf("it pauses for %v", s.pause)
	}
	if s.pass(Seen{}, Counted{Waiting: -1}, Report{Listing: order.Duration(time.Minute)}); s.pause != 30*time.Minute {
		t.Errorf("it pauses for %v", s.pause)
	}
}

// TestFewOrdersAreLeftToFewWorkers, and their pace with them.
func TestFewOrdersAreLeftToFewWorkers(t *testing.T) {
	for looks, want := range map[int]string{1: "1 1", 50: "1 1", 51: "2 2", 200: "4 4", 251: "5 5", 100000: "5 5"} {
		round := (&Round{}).begin(noon, looks, 5, 5)
		if got := fmt.Sprint(len(round.Parts), round.PerSecond); got != want {
			t.Errorf("%d looks: %s parts and a second, want %s", looks, got, want)
		}
	}
	if (&Round{}).begin(noon, 0, 5, 5) != nil {
		t.Error("a round of nothing begins")
	}
	if got := (&Round{}).begin(noon, 100000, 1, 5).Until.Sub(noon); got < 20000*time.Second || got > 24000*time.Second {
		t.Errorf("100000 take %v", got)
	}
}

// TestFactsCountOnce each, in their order, and only those that a message announces.
func TestFactsCountOnce(t *testing.T) {
	confirmed := func(after time.Duration, told bool) order.Fact {
		return order.Fact{Message: alipay.MessageMerchantConfirmed, At: noon.Add(after), Told: told}
	}
	s := &sweeping{t: t, at: noon}
	s.pass(Seen{Judged: noon, Facts: []order.Fact{confirmed(2, true), confirmed(1, false), {Message: "alipay.open.app.api.field.changed", At: noon}}}, Counted{})
	if record := s.state.Messages[alipay.MessageMerchantConfirmed]; record.Facts != "01" || len(s.state.Messages) != 1 || !s.state.Judged.Equal(noon) {
		t.Errorf("counted: %+v", s.state)
	}
	if settings.Judge(noon) != noon.Add(-time.Minute) {
		t.Errorf("judged are facts up to %s", settings.Judge(noon))
	}
}

// TestTheStateIsBounded and reads back as it was: it is carried from run to run.
func TestTheStateIsBounded(t *testing.T) {
	s := &sweeping{t: t, at: noon}
	for range 30 {
		seen := Seen{}
		for _, topic := range Topics() {
			for _, message := range topic.Messages() {
				seen.Facts = append(seen.Facts, learned(message, 100, 99*time.Hour+59*time.Minute+59*time.Second)...)
			}
		}
		s.pass(seen, Counted{Waiting: 1 << 30, First: 1 << 30})
	}
	written, err := json.Marshal(s.state)
	if err != nil || len(written) > 8<<10 {
		t.Errorf("%d bytes: %v", len(written), err)
	}
	var read State
	if err := json.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}
	if again, _ := json.Marshal(read); string(again) != string(written) {
		t.Errorf("it reads back as %s", again)
	}
}
