package workflows_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

func (w *world) copied(call activities.PicturesCall) (activities.PicturesCopied, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unpictured--; w.unpictured >= 0 {
		return activities.PicturesCopied{}, errors.New("the pictures' server is away")
	}
	w.pictures = append(w.pictures, call.URLs...)
	copied := activities.PicturesCopied{}
	for _, url := range call.URLs {
		copied.Copies = append(copied.Copies, "sum-"+url)
	}
	return copied, nil
}

// pictured is a rejection by message, which is where pictures come from.
func pictured() order.Notification {
	return audited(order.VerdictRejected,
		order.Reason{Part: "base", Memo: "缺少门头照", Images: []string{"a", "b"}}, order.Reason{Part: "promote", Memo: "x", Images: []string{"c"}})
}

func rejected(t *testing.T) *world {
	w := newWorld(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionAuditReject, after: time.Hour}, {status: gateway.VersionWaitRelease, after: time.Hour}}
	w.at(time.Minute, agree)
	w.send(2*time.Minute, authorized("T1", w.env.Now()))
	w.command(5*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{Fields: []order.Sealed{`{}`}}})
	return w
}

// TestReviewersPicturesAreCopied: each reason names the copies of its own, although the pictures could
// not be had at once.
func TestReviewersPicturesAreCopied(t *testing.T) {
	w := rejected(t)
	w.unpictured = 3
	w.send(80*time.Minute, pictured())
	view := w.run()
	reasons := view.Audits[0].Reasons
	if len(reasons) != 2 || !slices.Equal(reasons[0].Copies, []string{"sum-a", "sum-b"}) || !slices.Equal(reasons[1].Copies, []string{"sum-c"}) {
		t.Errorf("reasons %+v", reasons)
	}
	if view.Stage != order.StageOnline || !slices.Equal(w.pictures, []string{"a", "b", "c"}) {
		t.Errorf("at %s, copied %v", view.Stage, w.pictures)
	}
}

// TestPicturesHoldNothingUp: an order goes on though its pictures can't be had.
func TestPicturesHoldNothingUp(t *testing.T) {
	w := rejected(t)
	w.unpictured = 1 << 20
	w.send(80*time.Minute, pictured())
	if view := w.run(); view.Stage != order.StageOnline || len(view.Audits) != 2 {
		t.Errorf("at %s after %d audits", view.Stage, len(view.Audits))
	}
}

// TestPicturesAreCopiedInTheNextRun: a run that continues while they are copied leaves that to the next.
func TestPicturesAreCopiedInTheNextRun(t *testing.T) {
	w := rejected(t)
	w.input.CrowdedAt = 40
	w.unpictured = 4
	w.send(80*time.Minute, pictured())
	if view := w.run(); len(view.Audits[0].Reasons[0].Copies) != 2 {
		t.Errorf("reasons %+v", view.Audits[0].Reasons)
	}
}

// TestWithoutPicturesNothingIsCopied: most rejections have none, and cost nothing.
func TestWithoutPicturesNothingIsCopied(t *testing.T) {
	w := rejected(t)
	w.send(80*time.Minute, audited(order.VerdictRejected, order.Reason{Part: "base", Memo: "缺少门头照"}))
	w.unpictured = 1
	if w.run(); w.unpictured != 1 {
		t.Error("there was something to copy")
	}
}
