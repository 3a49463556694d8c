package ledger_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"miniflow/cmd/miniflow/internal/backtest/judge"
	"miniflow/cmd/miniflow/internal/backtest/ledger"
	"miniflow/cmd/miniflow/internal/backtest/logs"
	"miniflow/order"
)

// book takes messages in the order in which they are written down.
type book struct {
	t *testing.T
	*ledger.Ledger
}

func open(t *testing.T) *book { return &book{t, ledger.New()} }

// took adds a message sent at a second, of an order no and a mini program.
func (b *book) took(id uint64, second int, no, mini string, event order.Event, change ...func(*judge.Message)) {
	m := judge.Message{ID: id, Digest: id, AppID: "1", Name: string(event), NotifyID: fmt.Sprint(id),
		SentAt: time.Unix(1_780_000_000+int64(second), 0), OutOrderNo: no, MiniAppID: mini, Event: event}
	for _, one := range change {
		one(&m)
	}
	b.Take(&m, logs.AnswerUnknown)
}

// only closes the book of one order and returns it.
func (b *book) only() (ledger.Summary, ledger.Order) {
	b.t.Helper()
	s := b.Close(10)
	if len(s.Worst) != 1 {
		b.t.Fatalf("%d orders", len(s.Worst))
	}
	return s, s.Worst[0]
}

func path(o ledger.Order) string {
	var said []string
	for _, step := range o.Stages {
		text := string(step.Stage)
		if step.By == ledger.ByQuery || step.By == ledger.ByMissing || step.By == ledger.ByStart {
			text += "(" + step.By + ")"
		}
		said = append(said, text)
	}
	return strings.Join(said, " ")
}

func version(text string) func(*judge.Message) {
	return func(m *judge.Message) { m.Version = text }
}

func coarse(m *judge.Message) { m.Coarse = true }

// TestStories tells what orders would have gone through, and what of their messages is lost.
func TestStories(t *testing.T) {
	for name, c := range map[string]struct {
		take       func(*book)
		path, lost string
		outOfOrder int
	}{
		"as it should be": {func(b *book) {
			b.took(1, 1, "no", "mini", order.EventMerchantAgreed)
			b.took(2, 2, "no", "mini", order.EventAuthorized)
			b.took(3, 3, "", "mini", order.EventAuditRejected)
			b.took(4, 4, "", "mini", order.EventAuditPassed)
		}, "awaiting_merchant(start) awaiting_authorization building audit_rejected releasing", "", 0},
		"the confirmation is lost": {func(b *book) {
			b.took(2, 2, "no", "mini", order.EventAuthorized)
		}, "awaiting_merchant(start) awaiting_authorization(query) building", "alipay.open.mini.merchant.confirmed", 0},
		"the authorisation is lost": {func(b *book) {
			b.took(1, 1, "no", "mini", order.EventMerchantAgreed)
			b.took(3, 3, "", "mini", order.EventAuditPassed)
		}, "awaiting_merchant(start) awaiting_authorization building(missing) releasing", "open_app_auth_notify", 0},
		"of a trial": {func(b *book) {
			b.took(1, 1, "no", "mini", "", func(m *judge.Message) { m.Trial = true })
			b.took(2, 2, "no", "mini", order.EventAuthorized)
		}, "awaiting_merchant(start) awaiting_authorization(query) building", "alipay.open.mini.merchant.fastregister.changed", 0},
		"out of order is not lost": {func(b *book) {
			b.took(3, 3, "", "mini", order.EventAuditPassed)
			b.took(1, 1, "no", "mini", order.EventMerchantAgreed)
			b.took(2, 2, "no", "mini", order.EventAuthorized)
		}, "awaiting_merchant(start) awaiting_authorization building releasing", "", 2},
		"whole seconds are not out of order": {func(b *book) {
			b.took(1, 2, "no", "mini", order.EventMerchantAgreed, func(m *judge.Message) { m.SentAt = m.SentAt.Add(900 * time.Millisecond) })
			b.took(2, 2, "no", "mini", order.EventAuthorized, coarse)
		}, "awaiting_merchant(start) awaiting_authorization(query) building", "", 0},
		"a mini program that was there": {func(b *book) {
			b.took(3, 3, "", "mini", order.EventBasePassed)
		}, "building(start) base_passed", "", 0},
		"two versions": {func(b *book) {
			b.took(3, 3, "", "mini", order.EventAuditPassed, version("1"))
			b.took(4, 4, "", "mini", order.EventAuditPassed, version("2"))
		}, "building(start) releasing online(query) building(start) releasing", "", 0},
		"one version twice": {func(b *book) {
			b.took(3, 3, "", "mini", order.EventAuditPassed, version("1"))
			b.took(4, 4, "", "mini", order.EventAuditPassed, version("1"))
		}, "building(start) releasing", "", 0},
		"a refusal after a refusal": {func(b *book) {
			b.took(3, 3, "", "mini", order.EventAuditRejected)
			b.took(4, 4, "", "mini", order.EventAuditRejected)
		}, "building(start) audit_rejected auditing(query) audit_rejected", "", 0},
		"the merchant refuses": {func(b *book) {
			b.took(1, 1, "no", "", order.EventMerchantRejected)
		}, "awaiting_merchant(start) merchant_rejected", "", 0},
	} {
		b := open(t)
		c.take(b)
		s, one := b.only()
		var lost []string
		for _, l := range one.Lost {
			lost = append(lost, l.Name)
		}
		if path(one) != c.path || strings.Join(lost, " ") != c.lost || one.OutOfOrder != c.outOfOrder || s.LostLater != len(lost) {
			t.Errorf("%s: %s, lost %v, %d out of order", name, path(one), lost, one.OutOfOrder)
		}
	}
}

// TestEightDeliveriesAreALoss unless the log says that one was accepted.
func TestEightDeliveriesAreALoss(t *testing.T) {
	for _, c := range []struct {
		times int
		last  logs.Answer
		lost  int
	}{{7, logs.AnswerRefused, 0}, {8, logs.AnswerRefused, 1}, {8, logs.AnswerUnknown, 1}, {8, logs.AnswerAccepted, 0}, {256, logs.AnswerRefused, 1}} {
		for _, no := range []string{"no", ""} { // of an order and of none
			b := open(t)
			for i := range c.times {
				answer := logs.AnswerRefused
				if i == c.times-1 {
					answer = c.last
				}
				b.Take(&judge.Message{ID: 1, Digest: 1, NotifyID: "n", AppID: "1", OutOrderNo: no}, answer)
			}
			if s := b.Close(1); s.LostEight != c.lost || b.Repeated != c.times-1 || s.Distinct != 1 {
				t.Errorf("%d times, of order %q: %d lost, %d repeated", c.times, no, s.LostEight, b.Repeated)
			}
		}
	}
}

// TestConflictsAreNoRepeats and belong to the order whose id they bear.
func TestConflictsAreNoRepeats(t *testing.T) {
	b := open(t)
	b.took(1, 1, "no", "", order.EventMerchantRejected)
	b.took(1, 1, "no", "", order.EventMerchantRejected, func(m *judge.Message) { m.Digest = 2 })
	if _, one := b.only(); b.Conflicting != 1 || b.Repeated != 0 || one.Conflicting != 1 || one.Repeated != 0 {
		t.Errorf("%+v", one)
	}
}

// TestARevocationHolds until there is another authorisation.
func TestARevocationHolds(t *testing.T) {
	b := open(t)
	b.took(1, 1, "no", "mini", order.EventMerchantAgreed)
	b.took(2, 2, "no", "mini", order.EventAuthorized)
	b.took(3, 3, "", "mini", "", func(m *judge.Message) { m.Revoked = true })
	if _, one := b.only(); one.Hold != order.HoldAuthorizationRevoked {
		t.Errorf("hold %q", one.Hold)
	}
}

// TestBucketsHoldEveryMessage of the time that they divide.
func TestBucketsHoldEveryMessage(t *testing.T) {
	b := open(t)
	const n = 1000
	for i := range n {
		b.took(uint64(i+1), i*7200, "", fmt.Sprint("mini", i), order.EventAuditPassed)
	}
	b.Close(0)
	buckets, hours := b.Timeline.Buckets(72)
	sum := 0
	for _, one := range buckets {
		sum += one.Counts[ledger.FateTaken]
	}
	if sum != n || len(buckets) > 72 || hours != 28 {
		t.Errorf("%d messages in %d buckets of %d hours", sum, len(buckets), hours)
	}
}

// TestThePictureHasEachMessageOnce, with the fate that it turns out to have, and those that are missing.
func TestThePictureHasEachMessageOnce(t *testing.T) {
	b := open(t)
	b.took(1, 9, "no", "mini", order.EventAuthorized) // the confirmation is missing
	b.took(2, 5, "", "mini", order.EventAuditPassed)  // out of order
	for range ledger.Deliveries {
		b.took(3, 7, "", "", "") // lost
	}
	b.took(3, 7, "", "", "", func(m *judge.Message) { m.Digest = 4 })
	b.Refused()
	b.Close(1)
	buckets, _ := b.Timeline.Buckets(1)
	want := ledger.Counts{ledger.FateTaken: 1, ledger.FateOutOfOrder: 1, ledger.FateLost: 2, ledger.FateRepeated: 7,
		ledger.FateConflicting: 1, ledger.FateRefused: 1}
	if len(buckets) != 1 || buckets[0].Counts != want {
		t.Errorf("%+v, not %v", buckets, want)
	}
}

// BenchmarkMemory takes a million distinct ids of as many orders, which is the most that they can
// need, and of a quarter as many, and reports what of the heap is theirs.
func BenchmarkMemory(b *testing.B) {
	const n = 1_000_000
	for _, each := range []int{1, 4} {
		b.Run(fmt.Sprintf("%d messages an order", each), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				l := ledger.New()
				for i := range n {
					no := fmt.Sprintf("2026-%024d", i/each)
					l.Take(&judge.Message{ID: uint64(i+1) * 0x9e3779b97f4a7c15, Digest: uint64(i), AppID: "2021000000000001", Name: "name",
						SentAt: time.Unix(1_780_000_000+int64(i), 0), OutOrderNo: no, MiniAppID: "2021" + no[17:]}, logs.AnswerUnknown)
				}
				b.ReportMetric((heap()-before)/1e6, "MB")
				if s := l.Close(10); s.Distinct != n || s.Orders != n/each {
					b.Fatalf("%+v", s)
				}
			}
		})
	}
}

// heap returns the bytes that are in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
