package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
)

func (s *apiEnv) glance(path string) glance {
	s.t.Helper()
	return read[glance](s.as(keyRead, "GET", "/v1/overview"+path, "").want(http.StatusOK))
}

// asked is how many requests Temporal was sent since the last time.
func (s *apiEnv) asked() int {
	s.temporal.mutex.Lock()
	defer s.temporal.mutex.Unlock()
	n := len(s.temporal.counts) + len(s.temporal.lists)
	s.temporal.counts, s.temporal.lists = nil, nil
	return n
}

// TestGlanceCounts: every stage, hold, end and day is there, and each number is of its own question.
// The clock stands at four in the afternoon in Beijing.
func TestGlanceCounts(t *testing.T) {
	env := openAPI(t)
	const today, yesterday = "'2026-11-19T16:00:00Z'", "'2026-11-18T16:00:00Z'"
	env.temporal.onCount = func(query string) int64 {
		has := func(part string) bool { return strings.Contains(query, part) }
		switch {
		case has("OrderStage = 'online'") && has("CloseTime >= "+today):
			return 3
		case has("OrderStage = 'merchant_rejected'") && has("CloseTime >= "+today), has("OrderStage = 'creation_failed'") && has("CloseTime >= "+today):
			return 2
		case has("StartTime >= " + today):
			return 7
		case has("OrderStage = 'online'") && has("CloseTime >= "+yesterday+" AND CloseTime < "+today):
			return 5
		case has("OrderStage IN ('merchant_rejected', 'creation_failed') AND") && has("CloseTime >= "+yesterday):
			return 1
		case has("StartTime >= " + yesterday):
			return 9
		case has("StartTime >= '2026-11-06T16:00:00Z'") && has("AND (AuditAttempt >= 1)"):
			return 40
		case has("StartTime >= '2026-11-06T16:00:00Z'") && has("AND (MiniAppId IS NOT NULL)"):
			return 60
		case has("OrderStage = 'online'") && !has("CloseTime") && !has("StartTime"):
			return 1000
		}
		return 0
	}
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		page := &workflowservice.ListWorkflowExecutionsResponse{}
		if strings.Contains(r.GetQuery(), "OrderStage = 'auditing'") || strings.Contains(r.GetQuery(), "OrderHold = 'needs_input'") {
			for i, hours := range []int{2, 30, 5} {
				since := apiStart.Add(-time.Duration(hours) * time.Hour)
				page.Executions = append(page.Executions, row(t, "order/1/x", order.View{
					AppID: apiApp, OutOrderNo: fmt.Sprint("A-", i), Stage: order.StageAuditing, StageSince: since, Hold: &order.Hold{Kind: order.HoldNeedsInput, Since: since.Add(time.Hour)},
				}))
			}
			page.Executions = append(page.Executions, row(t, "order/1/moved", order.View{Stage: order.StageReleasing}))
		}
		return page
	}
	got := env.glance("")
	since, held := apiStart.Add(-30*time.Hour), apiStart.Add(-29*time.Hour)
	if i := slices.Index(order.Stages(), order.StageAuditing); len(got.Stages) != len(order.Stages()) ||
		!cmp.Equal(got.Stages[i].waitGlance, waitGlance{4, &since, "A-1", apiApp}) {
		t.Errorf("stages %+v", got.Stages)
	}
	if i := slices.Index(order.Stages(), order.StageOnline); got.Stages[i].Count != 1000 || got.Stages[i].OldestSince != nil {
		t.Errorf("online is %+v", got.Stages[i])
	}
	if i := slices.Index(order.HoldKinds(), order.HoldNeedsInput); len(got.Holds) != len(order.HoldKinds()) ||
		!cmp.Equal(got.Holds[i].waitGlance, waitGlance{4, &held, "A-1", apiApp}) {
		t.Errorf("holds %+v", got.Holds)
	}
	want := map[order.Stage]int64{order.StageOnline: 3, order.StageMerchantRejected: 2, order.StageCreationFailed: 2, order.StageConfirmTimedOut: 0, order.StageCancelled: 0}
	if !cmp.Equal(got.EndedToday, want) {
		t.Errorf("ended today %+v", got.EndedToday)
	}
	if days := got.Days; len(days) != glanceDays || days[0].Day != "2026-11-07" || days[12] != (dayGlance{"2026-11-19", 9, 5, 1}) || days[13] != (dayGlance{"2026-11-20", 7, 3, 4}) {
		t.Errorf("days %+v", days)
	}
	if funnel := got.Funnel; len(funnel) != 6 || funnel[1] != (funnelStep{"confirmed", 60}) || funnel[3] != (funnelStep{"submitted", 40}) {
		t.Errorf("funnel %+v", funnel)
	}
	if !got.At.Equal(apiStart) {
		t.Errorf("counted at %v", got.At)
	}
}

// TestGlanceIsRemembered: for a minute, and for ten where counting takes long (see [TestRemembered]);
// days that are over for an hour.
func TestGlanceIsRemembered(t *testing.T) {
	env := openAPI(t)
	env.glance("")
	if first := env.asked(); first != 75 {
		t.Errorf("the first costs %d requests", first)
	}
	env.clock.Forward(glanceFor - time.Second)
	env.glance("?app_id=" + apiApp)
	if again := env.asked(); again != 0 {
		t.Errorf("the second costs %d requests", again)
	}
	env.clock.Forward(time.Second)
	if anew := env.glance(""); !anew.At.Equal(apiStart.Add(glanceFor)) {
		t.Errorf("it is of %v", anew.At)
	}
	if anew := env.asked(); anew != 36 {
		t.Errorf("one after a minute costs %d requests", anew)
	}
	env.clock.Forward(glanceStale)
	if late := env.glance(""); !late.At.Equal(apiStart.Add(glanceFor + glanceStale)) {
		t.Errorf("what is too old is shown: %v", late.At)
	}
	if later := env.asked(); later != 36 {
		t.Errorf("one after ten minutes costs %d requests", later)
	}
	env.clock.Forward(dayFor)
	env.glance("")
	if hour := env.asked(); hour != 75 {
		t.Errorf("one after an hour costs %d requests", hour)
	}
	env.as(keyOther, "GET", "/v1/overview", "").want(http.StatusOK)
	if other := env.asked(); other != 75 {
		t.Errorf("another key's apps cost %d requests", other)
	}
	env.clock.Forward(24 * time.Hour)
	env.temporal.down["count"], env.within = serviceerror.NewInvalidArgument("no"), time.Second
	env.as(keyRead, "GET", "/v1/overview", "").want(http.StatusInternalServerError)
}

// TestGlanceFindsTheOldestOfMany: a store lists the youngest first, so those that were started first
// are found by counting what is before a moment.
func TestGlanceFindsTheOldestOfMany(t *testing.T) {
	env := openAPI(t)
	begun := func(i int) time.Time { return apiStart.Add(-time.Duration(i) * time.Minute) }
	const many = 20_000
	before := func(query string) int { // which of them was the last to start before the query's moment
		if _, after, found := strings.Cut(query, "StartTime < '"); found && strings.Contains(query, "OrderStage = 'auditing'") {
			moment, err := time.Parse(time.RFC3339, after[:strings.Index(after, "'")])
			if err != nil {
				t.Error(err)
			}
			return max(0, int(apiStart.Sub(moment)/time.Minute)+1)
		}
		return 0
	}
	env.temporal.onCount = func(query string) int64 {
		if !strings.Contains(query, "OrderStage = 'auditing'") {
			return 0
		}
		return int64(max(0, many-before(query)))
	}
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		page := &workflowservice.ListWorkflowExecutionsResponse{}
		if !strings.Contains(r.GetQuery(), "OrderStage = 'auditing'") {
			return page
		}
		for i := before(r.GetQuery()); i < many; i++ {
			if len(page.Executions) == maxPageSize {
				page.NextPageToken = []byte("more")
				break
			}
			page.Executions = append(page.Executions, row(t, "order/1/x", order.View{AppID: apiApp, OutOrderNo: fmt.Sprint(i), Stage: order.StageAuditing, StageSince: begun(i)}))
		}
		return page
	}
	got := env.glance("").Stages[slices.Index(order.Stages(), order.StageAuditing)]
	if got.Count != many || got.OutOrderNo != fmt.Sprint(many-1) || !got.OldestSince.Equal(begun(many-1)) {
		t.Errorf("it found %+v", got)
	}
	if cost := env.asked(); cost > 74+2+halved {
		t.Errorf("it costs %d requests", cost)
	}
}

// ended is an order that was audited, in a list and with its result.
func (s *apiEnv) ended(no, template string, audits ...order.Audit) *workflowpb.WorkflowExecutionInfo {
	view := order.View{AppID: apiApp, OutOrderNo: no, Stage: order.StageOnline, Version: order.VersionView{TemplateID: template}, Audits: audits}
	flow := s.temporal.add(view, order.Request{})
	flow.last = completed(s.t, view)
	info := row(s.t, order.WorkflowID(apiApp, no), view.Summary())
	info.Execution.RunId = "run of " + no
	return info
}

func completed(t testing.TB, view order.View) *historypb.HistoryEvent {
	t.Helper()
	result, err := converter.GetDefaultDataConverter().ToPayloads(view)
	if err != nil {
		t.Fatal(err)
	}
	return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
		WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{Result: result},
	}}
}

func audited(took time.Duration, verdict order.Verdict, reasons ...string) order.Audit {
	end := apiStart.Add(took)
	audit := order.Audit{SubmittedAt: apiStart, EndedAt: &end, Verdict: verdict}
	for _, reason := range reasons {
		audit.Reasons = append(audit.Reasons, order.Reason{Memo: reason})
	}
	return audit
}

// TestGlanceSamplesAudits: the orders that ended last are read once, reasons that begin alike are one,
// and nobody's telephone number is among them.
func TestGlanceSamplesAudits(t *testing.T) {
	env := openAPI(t)
	rows := []*workflowpb.WorkflowExecutionInfo{
		env.ended("S-1", "T-1", audited(time.Hour, order.VerdictRejected, "小程序名称与营业执照不符。门店一", " 小程序名称与营业执照不符，  请修改"), audited(2*time.Hour, order.VerdictPassed)),
		env.ended("S-2", "T-1", audited(3*time.Hour, order.VerdictRejected, "小程序名称与营业执照不符；电话 13800000000", "Logo is blank 1"), order.Audit{SubmittedAt: apiStart}),
		env.ended("S-3", "T-2", audited(10*time.Hour, order.VerdictRejected, "请联系 13800000000 "+strings.Repeat("长", 99))),
		env.ended("S-4", "T-3", audited(4*time.Hour, order.VerdictPassed, "said of one that passed")),
	}
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		page := &workflowservice.ListWorkflowExecutionsResponse{}
		if strings.Contains(r.GetQuery(), "AuditAttempt >= 1") {
			if page.Executions = rows; r.GetPageSize() != sampleSize {
				t.Errorf("it reads %d orders", r.GetPageSize())
			}
		}
		return page
	}
	got := env.glance("")
	if want := (auditsGlance{Audits: 5, Median: 3 * 3600, P90: 10 * 3600}); got.Audits != want || got.Sample != 4 {
		t.Errorf("audits %+v of %d orders", got.Audits, got.Sample)
	}
	masked := "请联系 " + hiddenPerson + " " + strings.Repeat("长", 99)
	want := []rejectionsGlance{
		{"T-1", 3, 2, []reasonsGlance{{"小程序名称与营业执照不符。门店一", 2}, {"Logo is blank 1", 1}}},
		{"T-2", 1, 1, []reasonsGlance{{string([]rune(masked)[:reasonShown]) + "…", 1}}},
	}
	if diff := cmp.Diff(want, got.Rejections); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	env.temporal.down["history"] = serviceerror.NewNotFound("gone")
	env.clock.Forward(glanceStale)
	if again := env.glance(""); again.Sample != 4 {
		t.Error("an ended order is read twice")
	}
}
