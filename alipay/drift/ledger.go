package drift

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay/gateway"
	"miniflow/alipay/notify"
)

// maxListed is how many different differences a process lists. Further ones are counted, so that a
// stream of new names can't fill the memory.
const maxListed = 500

// Ledger is what one process has seen. It is safe for concurrent use, and a nil one sees nothing.
type Ledger struct {
	log   *slog.Logger
	now   func() time.Time
	total *prometheus.CounterVec

	mu     sync.Mutex
	report Report
	listed map[key]*Difference
}

type key struct {
	appID string
	seen
}

// NewLedger returns an empty ledger with its metric, by kind alone. A second one in the same registry
// is an error.
func NewLedger(log *slog.Logger, registry prometheus.Registerer, now func() time.Time) (*Ledger, error) {
	l := &Ledger{log: log, now: now, listed: map[key]*Difference{}, report: Report{Since: now()}, total: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "miniflow_alipay_differences_total",
		Help: "Answers and messages of Alipay's that differ from what is known of it, by kind; miniflow drift lists them.",
	}, []string{"kind"})}
	for _, kind := range Kinds() {
		l.total.WithLabelValues(string(kind))
	}
	return l, registry.Register(l.total)
}

// Answered compares an answer.
func (l *Ledger) Answered(appID string, a gateway.Answer) {
	if l == nil {
		return
	}
	all := answered(a, l.now())
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Answers++
	l.note(appID, all, func() *Case { return answerCase(a) })
}

// Received compares a verified message. The app is the third-party application: a message may carry a
// merchant's id in its place.
func (l *Ledger) Received(appID string, n *notify.Notification) {
	if l == nil {
		return
	}
	all := received(n, l.now())
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Messages++
	l.note(appID, all, func() *Case { return messageCase(n) })
}

// note counts each difference once for one answer or message, whatever list it occurs in.
func (l *Ledger) note(appID string, all []seen, redacted func() *Case) {
	done := make(map[seen]bool, len(all))
	for _, s := range all {
		if done[s] {
			continue
		}
		done[s] = true
		l.total.WithLabelValues(string(s.kind)).Inc()
		d := l.listed[key{appID, s}]
		if d == nil {
			if len(l.listed) >= maxListed {
				l.report.Unlisted++
				continue
			}
			d = l.begin(appID, s, redacted())
		}
		d.Count++
		d.Last = l.now()
	}
}

// begin lists a difference, and logs it: a process without the REST API has no other list.
func (l *Ledger) begin(appID string, s seen, redacted *Case) *Difference {
	d := &Difference{
		AppID: appID, Kind: s.kind, Where: s.where, Field: s.field, What: s.what, Row: rowOf(s), First: l.now(), Case: redacted,
	}
	l.listed[key{appID, s}] = d
	l.log.LogAttrs(context.Background(), slog.LevelWarn, "Alipay differs from what is known of it; docs/unverified.md has the row",
		slog.String("app_id", appID), slog.String("kind", string(d.Kind)), slog.String("where", d.Where),
		slog.String("field", d.Field), slog.String("what", d.What), slog.Int("row", d.Row))
	return d
}

// Report returns what was seen of these apps, the most frequent first; with their cases where asked.
func (l *Ledger) Report(apps []string, cases bool) Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	report := l.report
	report.Differences = []Difference{}
	for _, listed := range l.listed {
		if slices.Contains(apps, listed.AppID) {
			d := *listed
			if !cases {
				d.Case = nil
			}
			report.Differences = append(report.Differences, d)
		}
	}
	slices.SortFunc(report.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Field, b.Field), cmp.Compare(a.What, b.What), cmp.Compare(a.AppID, b.AppID))
	})
	return report
}
