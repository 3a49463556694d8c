package sweeping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/order"
	"miniflow/temporalio"
)

// LookOnline answers for a mini program by its id.
func (f *fakeAlipay) LookOnline(ctx context.Context, question activities.OnlineQuestion) (activities.OnlineAnswer, error) {
	err := f.ask(ctx, question.MiniAppID+" "+question.AppVersion)
	return f.online[question.MiniAppID], err
}

// shops are mini programs as Temporal lists them.
type shops struct {
	*fakeTemporal
	rows  []*workflowpb.WorkflowExecutionInfo
	told  []string
	ended string
}

func (s *shops) CountWorkflow(context.Context, *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return &workflowservice.CountWorkflowExecutionsResponse{Count: int64(len(s.rows))}, nil
}

func (s *shops) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if want := temporalio.NewQuery(order.MiniProgramWorkflowType, appID).Running().String(); request.GetQuery() != want {
		return nil, fmt.Errorf("the query is %s", request.GetQuery())
	}
	from := len(request.GetNextPageToken())
	until := min(from+int(request.GetPageSize()), len(s.rows))
	page := &workflowservice.ListWorkflowExecutionsResponse{Executions: s.rows[from:until]}
	if until < len(s.rows) {
		page.NextPageToken = make([]byte, until)
	}
	return page, nil
}

func (s *shops) SignalWorkflow(_ context.Context, id, _, name string, arg any) error {
	sight, _ := arg.(activities.Sighting)
	if id == s.ended {
		return serviceerror.NewNotFound("gone")
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.told = append(s.told, fmt.Sprintf("%s %s %q %t", id, name, sight.AppVersion, sight.At.Equal(noon)))
	return nil
}

// opens adds a mini program that says of itself what is known; nil has said nothing yet.
func (s *shops) opens(t *testing.T, id string, known *order.OnlineKnown) {
	t.Helper()
	payload := func(value any) *commonpb.Payload {
		p, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	memo := map[string]*commonpb.Payload{order.TokenMemo: payload(&order.Token{Fingerprint: "f"})}
	if known != nil {
		memo[order.OnlineMemo] = payload(known)
	}
	s.rows = append(s.rows, &workflowpb.WorkflowExecutionInfo{
		Execution:        &commonpb.WorkflowExecution{WorkflowId: order.MiniProgramWorkflowID(appID, id)},
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{order.AttributeMiniAppID: payload(id)}},
		Memo:             &commonpb.Memo{Fields: memo},
	})
}

func (b *bench) watch(t *testing.T, there *shops, page []byte) activities.Watched {
	t.Helper()
	there.fakeTemporal = b.temporal
	b.Temporal = there
	b.fresh()
	value, err := b.env.ExecuteActivity(activities.WatchOnline.Name, activities.WatchCall{AppID: appID, Page: page})
	if err != nil {
		t.Fatal(err)
	}
	var watched activities.Watched
	if err := value.Get(&watched); err != nil {
		t.Fatal(err)
	}
	return watched
}

// TestAWatchTellsWhatIsNews, and only that: a mini program that is as it says is not woken, one without a
// token is not asked about, and where Alipay says nothing the others are asked all the same.
func TestAWatchTellsWhatIsNews(t *testing.T) {
	b, there := newBench(t), &shops{ended: order.MiniProgramWorkflowID(appID, "ended")}
	b.alipay.online = map[string]activities.OnlineAnswer{}
	for id, one := range map[string]struct {
		known *order.OnlineKnown
		shows activities.OnlineAnswer
	}{
		"asBefore":    {&order.OnlineKnown{AppVersion: "2"}, activities.OnlineAnswer{AppVersion: "2"}},
		"superseded":  {&order.OnlineKnown{AppVersion: "2"}, activities.OnlineAnswer{AppVersion: "3"}},
		"gone":        {&order.OnlineKnown{AppVersion: "2"}, activities.OnlineAnswer{}},
		"stillGone":   {&order.OnlineKnown{AppVersion: "2", Down: order.DownByOthers}, activities.OnlineAnswer{Was: "OFFLINE"}},
		"forcedSince": {&order.OnlineKnown{AppVersion: "2", Down: order.DownByCommand}, activities.OnlineAnswer{Was: "AUDIT_OFFLINE"}},
		"knownForced": {&order.OnlineKnown{AppVersion: "2", Down: order.DownByForce}, activities.OnlineAnswer{Was: "AUDIT_OFFLINE"}},
		"back":        {&order.OnlineKnown{AppVersion: "2", Down: order.DownByForce}, activities.OnlineAnswer{AppVersion: "2"}},
		"unsaid":      {nil, activities.OnlineAnswer{AppVersion: "1"}},
		"nothing":     {nil, activities.OnlineAnswer{}},
		"silent":      {&order.OnlineKnown{AppVersion: "2"}, activities.OnlineAnswer{}},
		"ended":       {&order.OnlineKnown{AppVersion: "2"}, activities.OnlineAnswer{}},
	} {
		there.opens(t, id, one.known)
		b.alipay.online[id] = one.shows
	}
	there.opens(t, "tokenless", &order.OnlineKnown{AppVersion: "2"})
	delete(there.rows[len(there.rows)-1].Memo.Fields, order.TokenMemo)
	b.alipay.fails["silent 2"] = errors.New("no answer")
	watched := b.watch(t, there, nil)
	slices.Sort(there.told)
	var want []string
	for _, id := range []string{`back sight "2"`, `forcedSince sight ""`, `gone sight ""`, `superseded sight "3"`, `unsaid sight "1"`} {
		want = append(want, "mini-program/"+appID+"/"+id+" true")
	}
	if diff := cmp.Diff(want, there.told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(activities.Watched{Of: 12, Listed: 12, Asked: 11, Told: 5, Unanswered: 1}, watched); diff != "" {
		t.Errorf("watched (-want +got):\n%s", diff)
	}
	if b.alipay.turns[gateway.TurnLook] != 11 || len(b.alipay.turns) != 1 {
		t.Errorf("it asks in the turns %v", b.alipay.turns)
	}
}

// TestAWatchGoesThroughPages: each mini program is asked about once, and they are counted once.
func TestAWatchGoesThroughPages(t *testing.T) {
	b, there := newBench(t), &shops{}
	for i := range 2*watchedAtOnce + 7 {
		there.opens(t, fmt.Sprint("m", i), nil)
	}
	var page []byte
	var of int64
	for pages := 1; ; pages++ {
		watched := b.watch(t, there, page)
		of += watched.Of
		if page = watched.Next; len(page) == 0 {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if asked := slices.Compact(b.alipay.sorted()); len(asked) != 2*watchedAtOnce+7 || of != int64(len(asked)) {
		t.Errorf("asked about %d of %d", len(asked), of)
	}
}
