package sweeping

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// subject is an order to be asked about, for some of its waits.
type subject struct {
	id      string
	waiting order.Look
	waits   []order.Wait
	// due is set when the order's own time has come, be it in a round or not.
	due bool
}

func (s subject) waitsFor(waits ...order.Wait) bool {
	return slices.ContainsFunc(s.waits, func(wait order.Wait) bool { return slices.Contains(waits, wait) })
}

// hasVersion reports whether a version is to be asked about, which takes a token.
func (s subject) hasVersion() bool {
	return s.waitsFor(order.WaitAudit, order.WaitChange, order.WaitRelease, order.WaitFiling)
}

// answer is what a question about an order has shown.
type answer struct {
	// news is what Alipay says, in a word, empty while that is no news.
	news string
	// late is the message that should have told it long before.
	late string
	err  error
}

func (a answer) failed(class activities.FailureClass) bool {
	return a.err != nil && activities.FailureOf(a.err).Class == class
}

// refused reports whether somebody has to do something before the question is answered. The order
// finds out by asking for itself, shows it, and is not looked at again.
func (a answer) refused() bool {
	return a.failed(activities.FailureAuthorization) || a.failed(activities.FailureFix) || a.failed(activities.FailurePermanent)
}

// question asks about an order. Its answer counts only when the order waits for that.
type question func(context.Context, subject) answer

// look asks the questions that an order's waits need, at most two, and pokes it when one has news.
// No answer about one order ends the pass.
func (p *part) look(ctx context.Context, one subject) error {
	var questions []question
	if one.waitsFor(order.WaitMerchant, order.WaitCertification) {
		questions = append(questions, p.merchant)
	}
	switch {
	case one.waitsFor(order.WaitFiling):
		questions = append(questions, p.filing)
	case one.hasVersion():
		questions = append(questions, p.version)
	}
	for _, ask := range questions {
		got := p.patiently(ctx, one, ask)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if one.due && got.refused() { // a round may come by often
			got.news = "the question was refused"
		}
		if err := p.tell(ctx, one, got); err != nil {
			return err
		}
	}
	return nil
}

// tell pokes an order that has news. An order that has ended needs none.
func (p *part) tell(ctx context.Context, one subject, got answer) error {
	if got.news == "" {
		return nil
	}
	if got.late != "" && p.stillWaits(ctx, one) {
		p.enter(func(at *progress) { at.Report.Lose(got.late, 1) })
	}
	err := p.Temporal.SignalWorkflow(ctx, one.id, "", order.PokeSignal, order.Poke{Why: words.New("note.swept", got.news)})
	if err != nil && !temporalio.NotFound(err) {
		return fmt.Errorf("poke %s: %w", one.id, err)
	}
	return nil
}

// patiently asks a question and counts what came of it. Alipay's limit on calls is waited out: it
// is one for the whole app, and acts come first.
func (p *part) patiently(ctx context.Context, one subject, ask question) answer {
	const patience = 3
	for tried := 1; ; tried++ {
		got := ask(ctx, one)
		if got.err == nil || !activities.FailureOf(got.err).Slow || tried == patience {
			p.count(got)
			return got
		}
		pause := time.NewTimer(activities.BusyPause(one.id, tried))
		select {
		case <-ctx.Done():
			pause.Stop()
			return got
		case <-pause.C:
		}
	}
}

// count counts an answer. When Alipay stops answering the pass is broken off: what it would have
// asked is asked by the next.
func (p *part) count(got answer) {
	unanswered := got.failed(activities.FailureUnknown)
	outcome := outcomeOf(got)
	p.Metrics.looked(p.call.AppID, outcome)
	p.enter(func(at *progress) {
		at.Report.Asked++
		switch outcome {
		case outcomeUnanswered:
			at.Report.Unanswered++
		case outcomeRefused:
			at.Report.Refused++
		case outcomeNews:
			at.Report.News++
		case outcomeQuiet:
		}
		if p.silent++; !unanswered {
			p.silent = 0
		}
		at.Report.BrokenOff = at.Report.BrokenOff || p.silent >= silence
	})
}

// merchant asks about an order of creation.
func (p *part) merchant(ctx context.Context, one subject) answer {
	known := one.waiting.Certification
	truth, err := p.Asker.LookAtMerchant(ctx, activities.MerchantQuestion{
		AppID: p.call.AppID, Kind: one.waiting.Kind, OrderNo: one.waiting.OrderNo, Known: known,
	})
	switch {
	case err != nil:
		return answer{err: err}
	case one.waitsFor(order.WaitMerchant) && truth.Status != order.MerchantWaiting, truth.Status == order.MerchantFailed:
		return answer{news: string(truth.Status)}
	case one.waitsFor(order.WaitCertification) && truth.Certification != known && truth.Certification != order.CertificationNone:
		return answer{news: "certification " + string(truth.Certification)}
	}
	return answer{}
}

// version asks about a version. Alipay says when an audit ended, and so which message is late.
func (p *part) version(ctx context.Context, one subject) answer {
	truth, err := p.Asker.LookAtVersion(ctx, activities.VersionQuestion{
		AppID: p.call.AppID, MiniAppID: one.waiting.MiniAppID, BundleID: one.waiting.BundleID, AppVersion: one.waiting.AppVersion,
	})
	if err != nil || slices.Contains(one.waiting.While, string(truth.Status)) {
		return answer{err: err}
	}
	got := answer{news: string(truth.Status)}
	if one.waitsFor(order.WaitAudit) && !truth.EndedAt.IsZero() && p.Now().Sub(truth.EndedAt) > p.call.Plan.Late.Std() {
		got.late = announcing[truth.Status]
	}
	return got
}

// filing asks about a version that waits for an ICP filing, and about that.
func (p *part) filing(ctx context.Context, one subject) answer {
	truth, err := p.Asker.LookAtFiling(ctx, activities.VersionQuestion{
		AppID: p.call.AppID, MiniAppID: one.waiting.MiniAppID, BundleID: one.waiting.BundleID, AppVersion: one.waiting.AppVersion,
	})
	while := make([]activities.VersionStatus, 0, len(one.waiting.While))
	for _, status := range one.waiting.While {
		while = append(while, activities.VersionStatus(status))
	}
	if err != nil || !truth.News(while, one.waiting.Filing) {
		return answer{err: err}
	}
	return answer{news: strings.TrimSpace(string(truth.Version.Status) + " " + string(truth.Status))}
}

// announcing names the message that announces a status. Versions reach the others without one.
var announcing = map[activities.VersionStatus]string{
	activities.VersionWaitRelease:   alipay.MessageVersionAuditPassed,
	activities.VersionRelease:       alipay.MessageVersionAuditPassed,
	activities.VersionAuditReject:   alipay.MessageVersionAuditRejected,
	activities.VersionBaseAuditPass: alipay.MessageVersionBaseAuditPassed,
}

// stillWaits reports whether an order waits for its audit at this very moment. A list is old by the
// time that its last row is asked about, and a message that came meanwhile is not missing.
func (p *part) stillWaits(ctx context.Context, one subject) bool {
	described, err := p.Temporal.DescribeWorkflowExecution(ctx, one.id, "")
	if err != nil {
		return false
	}
	info := described.GetWorkflowExecutionInfo()
	waiting, known := temporalio.Memo[order.Look](info, order.LookMemo)
	return known && info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING && slices.Contains(waiting.Waits, order.WaitAudit) &&
		waiting.AppVersion == one.waiting.AppVersion
}
