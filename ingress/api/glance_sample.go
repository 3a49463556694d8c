package api

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
)

const (
	// sampleSize is how many ended orders an overview reads at most. Each is read once, by one request
	// for the end of its history: lists hold no audits.
	sampleSize = 100
	// samplesKept bounds what is remembered of them.
	samplesKept = 50 * sampleSize
	topReasons  = 5
	// reasonShown is how much of a reason is shown, and reasonBegins to reasonCompared by how much of it
	// reasons are the same, in characters: a reviewer's sentence begins alike and goes on about one shop.
	reasonShown    = 60
	reasonCompared = 16
	reasonBegins   = 6
)

// sampled is what is kept of an ended order.
type sampled struct {
	template string
	audits   []sampledAudit
}

type sampledAudit struct {
	took     time.Duration
	rejected bool
	reasons  []string
}

// sample reads the orders that ended last and were in an audit.
func (a *API) sample(ctx context.Context, within reach) ([]sampled, error) {
	query := within.orders().Where(inStage(ends()...)).Where("ExecutionStatus = 'Completed'").Where(order.AttributeAuditAttempt + " >= 1")
	page, err := a.list(ctx, query.String(), sampleSize, nil)
	if err != nil {
		return nil, err
	}
	rows := within.merchants.theirs(page.GetExecutions())
	read, failed := make([]sampled, len(rows)), make([]error, len(rows))
	atOnce(len(rows), func(i int) { read[i], failed[i] = a.sampleOf(ctx, rows[i]) })
	return read, errors.Join(failed...)
}

// sampleOf reads one, and remembers it: a workflow that has ended doesn't change.
func (a *API) sampleOf(ctx context.Context, row *workflowpb.WorkflowExecutionInfo) (sampled, error) {
	id := row.GetExecution().GetRunId()
	a.glances.mutex.Lock()
	kept, ok := a.glances.samples[id]
	a.glances.mutex.Unlock()
	if ok {
		return kept, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	last, err := a.oneEvent(ctx, row, enums.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT)
	if err != nil {
		return sampled{}, err
	}
	var view order.View
	// A result that can't be read is one of another release, and counts as an order without audits.
	_ = converter.GetDefaultDataConverter().FromPayloads(last.GetWorkflowExecutionCompletedEventAttributes().GetResult(), &view)
	kept = sampledOf(view)
	a.glances.mutex.Lock()
	defer a.glances.mutex.Unlock()
	if a.glances.samples == nil || len(a.glances.samples) >= samplesKept {
		a.glances.samples = map[string]sampled{}
	}
	a.glances.samples[id] = kept
	return kept, nil
}

func sampledOf(view order.View) sampled {
	s := sampled{template: view.Version.TemplateID}
	for _, audit := range view.Audits {
		if audit.EndedAt == nil || audit.Verdict == "" {
			continue // withdrawn
		}
		one := sampledAudit{took: audit.EndedAt.Sub(audit.SubmittedAt), rejected: audit.Verdict == order.VerdictRejected}
		for _, reason := range audit.Reasons {
			if shown := reasonText(reason.Memo); one.rejected && shown != "" {
				one.reasons = append(one.reasons, shown)
			}
		}
		s.audits = append(s.audits, one)
	}
	return s
}

// reasonText is the beginning of a reason, on one line and without people's data: it is shown to
// everybody who may see orders.
func reasonText(memo string) string {
	text := []rune(mask{}.shapes(strings.Join(strings.Fields(memo), " ")))
	if len(text) > reasonShown {
		return string(text[:reasonShown]) + "…"
	}
	return string(text)
}

// reasonKey is what reasons have in common that are the same: their letters, up to the end of the first
// part that says something, which a greeting does not.
func reasonKey(reason string) string {
	var letters []rune
	for _, r := range reason {
		switch {
		case unicode.IsLetter(r):
			letters = append(letters, unicode.ToLower(r))
		case len(letters) >= reasonBegins && unicode.IsPunct(r):
			return string(letters)
		}
		if len(letters) == reasonCompared {
			return string(letters)
		}
	}
	return string(letters)
}

// durationsOf takes percentiles by nearest rank, so that each is some audit's own time.
func durationsOf(sample []sampled) auditsGlance {
	var took []time.Duration
	for _, one := range sample {
		for _, audit := range one.audits {
			took = append(took, audit.took)
		}
	}
	if len(took) == 0 {
		return auditsGlance{}
	}
	slices.Sort(took)
	seconds := func(i int) int64 { return int64(took[i] / time.Second) }
	return auditsGlance{Audits: len(took), Median: seconds((len(took) - 1) / 2), P90: seconds((len(took)*9+9)/10 - 1)}
}

func rejectionsOf(sample []sampled) []rejectionsGlance {
	byTemplate := map[string]*rejectionsGlance{}
	reasons := map[string][]string{}
	for _, one := range sample {
		for _, audit := range one.audits {
			of := byTemplate[one.template]
			if of == nil {
				of = &rejectionsGlance{TemplateID: one.template, Reasons: []reasonsGlance{}}
				byTemplate[one.template] = of
			}
			of.Audits++
			if audit.rejected {
				of.Rejected++
				reasons[one.template] = append(reasons[one.template], distinct(audit.reasons)...)
			}
		}
	}
	found := []rejectionsGlance{}
	for template, of := range byTemplate {
		if of.Rejected > 0 {
			of.Reasons = mostGiven(reasons[template])
			found = append(found, *of)
		}
	}
	slices.SortFunc(found, func(one, other rejectionsGlance) int {
		return cmp.Or(cmp.Compare(other.Rejected, one.Rejected), strings.Compare(one.TemplateID, other.TemplateID))
	})
	return found
}

// distinct keeps one of the reasons of an audit that are the same: the two parts of an audit often say
// it twice.
func distinct(reasons []string) (kept []string) {
	for _, reason := range reasons {
		if !slices.ContainsFunc(kept, func(other string) bool { return reasonKey(other) == reasonKey(reason) }) {
			kept = append(kept, reason)
		}
	}
	return kept
}

func mostGiven(reasons []string) []reasonsGlance {
	counted := map[string]*reasonsGlance{}
	for _, reason := range reasons {
		key := reasonKey(reason)
		if counted[key] == nil {
			counted[key] = &reasonsGlance{Reason: reason}
		}
		counted[key].Count++
	}
	most := []reasonsGlance{}
	for _, key := range slices.Sorted(maps.Keys(counted)) {
		most = append(most, *counted[key])
	}
	slices.SortStableFunc(most, func(one, other reasonsGlance) int { return cmp.Compare(other.Count, one.Count) })
	return most[:min(len(most), topReasons)]
}
