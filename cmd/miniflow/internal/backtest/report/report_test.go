package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/notify"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/backtest/judge"
	"miniflow/cmd/miniflow/internal/backtest/ledger"
	"miniflow/cmd/miniflow/internal/backtest/logs"
	"miniflow/cmd/miniflow/internal/backtest/report"
	"miniflow/order"
)

const hostile = `</svg><script>alert("x")</script>&amp;` + "\x1b[31m"

// built has an order of a hostile id, a forgery in a log of a hostile name, and a message that came
// eight times.
func built(t *testing.T) *report.Report {
	t.Helper()
	b := report.NewBuilder([]string{hostile})
	sent := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	results := []judge.Result{
		{Kind: logs.KindNone},
		{Kind: logs.KindUnread},
		{Kind: logs.KindMessage, Message: judge.Message{ID: 1, Digest: 1, AppID: hostile, Name: hostile, SentAt: sent, OutOrderNo: hostile, MiniAppID: hostile, Event: order.EventAuthorized}},
		{Kind: logs.KindMessage, Reason: notify.ReasonUnknownApp},
		{Kind: logs.KindMessage, Reason: notify.ReasonMalformed},
		{Kind: logs.KindMessage, Reason: notify.ReasonBadSignature},
		{Kind: logs.KindMessage, Reason: notify.ReasonBadSignature, Answer: logs.AnswerAccepted},
	}
	for range ledger.Deliveries {
		results = append(results, judge.Result{Kind: logs.KindMessage, Message: judge.Message{ID: 2, Digest: 2, NotifyID: hostile, AppID: "1", Name: "n", SentAt: sent.Add(time.Hour), MiniAppID: "2"}})
	}
	b.Take(&judge.Batch{Batch: &logs.Batch{File: hostile, First: 100}, Results: results})
	return b.Build(10)
}

// TestCountsOfAReport adds up what became of each line.
func TestCountsOfAReport(t *testing.T) {
	r := built(t)
	if r.Skipped != 1 || r.Unread != 1 || r.Messages != 13 || r.Verified != 9 || r.Distinct != 2 || r.Strangers != 1 || r.Damaged != 1 ||
		r.Forged != 2 || r.ForgedAccepted != 1 || r.Accepted != 1 || r.Repeated != 7 || r.Lost != 2 || r.Orders != 2 || r.OddOrders != 2 {
		t.Errorf("%+v", r)
	}
	if len(r.Places) != 2 || r.Places[0].Line != 106 || !r.Places[0].Accepted || r.Places[1].Line != 105 {
		t.Errorf("the accepted forgery is not the first: %+v", r.Places)
	}
}

// TestEachFindingIsWrong on its own.
func TestEachFindingIsWrong(t *testing.T) {
	if (&report.Report{Lines: 9, Messages: 9, Verified: 9, Unread: 1, Skipped: 1, Unrouted: 1, Accepted: 9, Orders: 1}).Wrong() {
		t.Error("nothing is wrong, and the report says so")
	}
	for _, r := range []report.Report{{Forged: 1}, {Lost: 1}, {Repeated: 1}, {Conflicting: 1}, {OutOfOrder: 1}, {Strangers: 1}, {Damaged: 1}, {Unreadable: 1}} {
		if !r.Wrong() {
			t.Errorf("%+v is not wrong", r)
		}
	}
}

// TestThePageEscapesEverything reads it as strict XML, and looks for elements that it should not have.
func TestThePageEscapesEverything(t *testing.T) {
	page, err := built(t).HTML()
	if err != nil {
		t.Fatal(err)
	}
	rects := 0
	text := strings.NewReplacer("<!DOCTYPE html>", "", `<meta charset="utf-8">`, "", `initial-scale=1">`, `initial-scale=1"/>`, `'unsafe-inline'">`, `'unsafe-inline'"/>`, "<br>", "<br/>", "\x1b", "").Replace(string(page))
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		start, _ := token.(xml.StartElement)
		switch start.Name.Local {
		case "script":
			t.Fatal("the page has a script")
		case "rect":
			rects++
		}
	}
	if rects < 4 {
		t.Errorf("the picture has %d bars", rects)
	}
	if !bytes.Contains(page, []byte("&lt;script&gt;")) {
		t.Error("the hostile id is not in the page")
	}
}

// TestTheTextIsClean of what would move a terminal's cursor.
func TestTheTextIsClean(t *testing.T) {
	var out bytes.Buffer
	built(t).Print(command.NewPage(&out, false))
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("%q", out.String())
	}
	for _, said := range []string{"found", "forged, accepted", "awaiting_merchant → [awaiting_authorization] → building", ":106  bad_signature  accepted"} {
		if !strings.Contains(out.String(), said) {
			t.Errorf("%q is not in\n%s", said, out.String())
		}
	}
}
