package service

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/internal/config"
	"miniflow/order"
)

// running is Temporal with running orders, a row a page, and what they were told.
type running struct {
	client.Client
	rows []order.View
	told map[string]any
}

func (r *running) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	at := len(request.GetNextPageToken())
	page := &workflowservice.ListWorkflowExecutionsResponse{}
	if at >= len(r.rows) {
		return page, nil
	}
	row := &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: r.rows[at].OutOrderNo}}
	if r.rows[at].AppID != "" {
		payload, err := converter.GetDefaultDataConverter().ToPayload(r.rows[at])
		if err != nil {
			return nil, err
		}
		row.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{order.SummaryMemo: payload}}
	}
	page.Executions = append(page.Executions, row)
	page.NextPageToken = make([]byte, at+1)
	return page, nil
}

func (r *running) SignalWorkflow(_ context.Context, id, _, name string, arg any) error {
	if id == "ended meanwhile" {
		return serviceerror.NewNotFound("it has ended")
	}
	r.told[id+" "+name] = arg
	return nil
}

// Running orders hear of a change of who acts for them; those that know it already are left alone.
func TestOrdersHearWhoActsForThem(t *testing.T) {
	const appID = "2021999999999999"
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	observing, err := gateway.NewClient(gateway.Config{
		AppID: appID, PrivateKey: key, AlipayKey: func(string) []keys.PublicKey { return nil }, QuestionsOnly: true, ActiveMerchants: []string{"shop-7"},
	})
	if err != nil {
		t.Fatal(err)
	}
	temporal := &running{told: map[string]any{}, rows: []order.View{
		{AppID: appID, OutOrderNo: "begun before", MerchantRef: "shop-8"},
		{AppID: appID, OutOrderNo: "observed", MerchantRef: "shop-8", Observed: true},
		{AppID: appID, OutOrderNo: "active by now", MerchantRef: "shop-7", Observed: true},
		{AppID: appID, OutOrderNo: "active", MerchantRef: "shop-7"},
		{AppID: appID, OutOrderNo: "ended meanwhile"},
		{OutOrderNo: "without a summary"},
	}}
	s := &Service{options: Options{Temporal: temporal, Namespace: "default"}, apps: []app{{config: config.App{ID: appID, Mode: order.ModeObserve}, client: observing}}}
	told, err := s.tellModes(t.Context(), &s.apps[0])
	if err != nil || told != 3 {
		t.Errorf("told %d: %v", told, err)
	}
	want := map[string]any{
		"begun before poke": order.Poke{Mode: order.ModeObserve}, "active by now poke": order.Poke{Mode: order.ModeActive},
	}
	if diff := cmp.Diff(want, maps.Clone(temporal.told)); diff != "" {
		t.Error(diff)
	}
	if !s.acts(appID, "shop-7") || s.acts(appID, "shop-8") || s.acts("another", "shop-7") || !s.observes(appID) || s.observes("another") {
		t.Error("who acts is not what the configuration says")
	}
}
