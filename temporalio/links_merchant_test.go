package temporalio_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/internal/merchantlink"
	"miniflow/internal/seal"
	"miniflow/order"
	"miniflow/temporalio"
)

// merchants makes merchants' links at a moment.
func merchants(t *testing.T, now time.Time) (temporalio.Links, *merchantlink.Maker) {
	t.Helper()
	key, err := seal.ParseKey("k", base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.New([]seal.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	maker := merchantlink.New("https://isv.example.com", ring)
	return temporalio.Links{Merchants: maker, Now: func() time.Time { return now }}, maker
}

// findable is a run that a link finds.
func findable(t *testing.T) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	id, err := converter.GetDefaultDataConverter().ToPayload(order.MerchantLinkID("app", "no"))
	if err != nil {
		t.Fatal(err)
	}
	return &workflowpb.WorkflowExecutionInfo{SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{order.AttributeMerchantLink: id}}}
}

// TestAMerchantsLinkIsThere while there is something to do, and the order can be found by it.
func TestAMerchantsLinkIsThere(t *testing.T) {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	held := func(kind order.HoldKind, fields ...string) order.View {
		return order.View{Stage: order.StageSubmitting, StageSince: now, Hold: &order.Hold{Kind: kind, Since: now, Fields: fields}}
	}
	waits := order.View{Stage: order.StageAwaitingMerchant, StageSince: now}
	cancelled, queued, terminated, overdue, authorized := waits, waits, waits, waits, waits
	cancelled.CancelRequested, queued.Queue, terminated.Execution = true, &order.QueuePlace{}, order.ExecutionTerminated
	overdue.Hold = &order.Hold{Kind: order.HoldNeedsOperator, Since: now}
	authorized.Stage, authorized.Authorization = order.StageAwaitingAuthorization, order.AuthorizationAuthorized
	for name, c := range map[string]struct {
		view order.View
		task order.MerchantTask
	}{
		"confirm": {waits, order.TaskConfirm}, "overdue": {overdue, order.TaskConfirm}, "cancelled": {cancelled, ""}, "queued": {queued, ""},
		"terminated": {terminated, ""}, "authorised": {authorized, ""},
		"authorise": {order.View{Stage: order.StageAwaitingAuthorization, StageSince: now}, order.TaskAuthorize},
		"revoked":   {held(order.HoldAuthorizationRevoked), order.TaskAuthorize}, "punished": {held(order.HoldPunished), order.TaskAppeal},
		"certify": {held(order.HoldAwaitingCertification), order.TaskCertify}, "picture": {held(order.HoldNeedsInput, "submission.files.app_logo"), order.TaskHandIn},
		"text": {held(order.HoldNeedsInput, "create.app_name"), ""}, "approval": {held(order.HoldNeedsApproval), ""},
		"audit": {order.View{Stage: order.StageAuditing}, ""}, "online": {order.View{Stage: order.StageOnline}, ""},
	} {
		view := c.view
		view.AppID, view.OutOrderNo = "app", "no"
		links, maker := merchants(t, now)
		want := ""
		if c.task != "" {
			want = maker.Link("app", "no", now.Add(merchantlink.Life))
		}
		task, _ := view.MerchantTask()
		if got := links.Of(view, findable(t)).Merchant; got != want || task != c.task {
			t.Errorf("%s: %q for %q, want %q", name, got, task, want)
		}
		if got := links.Of(view, nil).Merchant + (temporalio.Links{}).Of(view, findable(t)).Merchant; got != "" {
			t.Errorf("%s: an order that no link finds, or without an address: %q", name, got)
		}
	}
}

// TestALinkIsTheSameForWeeks, and at no time one that ends within a fortnight.
func TestALinkIsTheSameForWeeks(t *testing.T) {
	asked := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	view, seen := order.View{AppID: "app", OutOrderNo: "no", Stage: order.StageAwaitingMerchant, StageSince: asked}, map[string]bool{}
	for day := range 90 {
		now := asked.Add(time.Duration(day) * 24 * time.Hour)
		links, maker := merchants(t, now)
		link := links.Of(view, findable(t)).Merchant
		seen[link] = true
		code := link[len(link)-merchantlink.Length:]
		if _, err := maker.Read(code, now.Add(14*24*time.Hour)); err != nil {
			t.Errorf("on day %d it ends within two weeks", day)
		}
		if _, err := maker.Read(code, now.Add(32*24*time.Hour)); err == nil {
			t.Errorf("on day %d it lives for longer than a link does", day)
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d links in 90 days", len(seen))
	}
}

// TestAnEventHasItsLink and its SMS, however often it is told, where the merchant is asked for something.
func TestAnEventHasItsLink(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	told := func() []order.ToldEvent {
		return []order.ToldEvent{
			{Type: order.HappenedMerchantNeeded, AppID: "app", OutOrderNo: "no", At: at, Task: order.TaskConfirm},
			{Type: order.HappenedStageChanged, AppID: "app", OutOrderNo: "no", At: at},
			{Type: order.HappenedMerchantNeeded, AppID: "app", OutOrderNo: "no", At: at}, // by an earlier release
		}
	}
	links, maker := merchants(t, at)
	later, _ := merchants(t, at.Add(100*time.Hour))
	want := maker.Link("app", "no", at.Add(merchantlink.Life))
	first, again := links.Tell(told(), "店"), later.Tell(told(), "店")
	if first[0].Link != want || again[0].Link+again[0].SMS != first[0].Link+first[0].SMS || first[0].SMS != "店：请打开支付宝确认小程序 "+want {
		t.Errorf("%+v, then %+v", first[0], again[0])
	}
	if first[1].Link+first[1].SMS+first[2].Link+first[2].SMS != "" {
		t.Errorf("%+v", first[1:])
	}
	if none := (temporalio.Links{}).Tell(told(), "店"); none[0].Link+none[0].SMS != "" {
		t.Errorf("without an address: %+v", none[0])
	}
}
