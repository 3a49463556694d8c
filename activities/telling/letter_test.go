package telling

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
	"miniflow/tell"
)

// shop is one mini program in Temporal.
type shop struct {
	*orders
	view order.MiniProgramView
}

func (s shop) QueryWorkflow(_ context.Context, id, _, name string, args ...any) (converter.EncodedValue, error) {
	asked, _ := args[0].(order.EventsAsked)
	if id != order.MiniProgramWorkflowID(appID, "2021999") || name != order.EventsQuery {
		return nil, context.Canceled
	}
	return answered{order.MiniProgramEventsOf(s.view, asked)}, nil
}

// TestAMiniProgramIsToldOf: what became of it after a moment, of the types that are wanted, and its
// letter is named after the last.
func TestAMiniProgramIsToldOf(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	view := order.MiniProgramView{AppID: appID, MiniAppID: "2021999", Events: []order.MiniProgramEvent{
		{ID: "e1", Sequence: 1, At: at, Type: order.HappenedOnlineChanged, AppVersion: "1.0.0"},
		{ID: "e2", Sequence: 2, At: at.Add(time.Hour), Type: order.HappenedMiniProgramOffline, AppVersion: "1.0.0", Cause: order.DownByForce},
		{ID: "e3", Sequence: 3, At: at.Add(2 * time.Hour), Type: order.HappenedOnlineChanged, AppVersion: "1.0.1"},
	}}
	row := &workflowpb.WorkflowExecutionInfo{
		Type:             &commonpb.WorkflowType{Name: order.MiniProgramWorkflowType},
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{order.AttributeMiniAppID: payload("2021999")}},
	}
	key, named := keyOf(row)
	if !named || key != tell.MiniProgramKey("2021999") {
		t.Fatalf("its name is %q", key)
	}
	for types, want := range map[string]string{"": "e3", order.HappenedMiniProgramOffline: "e2", order.HappenedFinished: ""} {
		r := &run{Teller: &Teller{Temporal: shop{&orders{}, view}}, appID: appID, rows: rows{}}
		if types != "" {
			r.target.Events = []string{types}
		}
		letter, err := r.write(t.Context(), &tell.Job{Waiting: tell.Waiting{OutOrderNo: key, Since: at}})
		if err != nil || letter.id != want {
			t.Errorf("of the types %q it is %+v, %v", types, letter, err)
		}
		if want != "e3" {
			continue
		}
		body, _ := json.Marshal(letter.message)
		var read struct {
			Type string
			Data struct {
				MiniAppID string `json:"mini_app_id"`
				Events    []order.MiniProgramEvent
			}
		}
		if err := json.Unmarshal(body, &read); err != nil || read.Type != order.HappenedOnlineChanged || read.Data.MiniAppID != "2021999" || len(read.Data.Events) != 2 || read.Data.Events[0].Cause != order.DownByForce {
			t.Errorf("the message is %s, %v", body, err)
		}
		if letter.events != 2 || !letter.oldest.Equal(at.Add(time.Hour)) || !letter.newest.Equal(at.Add(2*time.Hour)) {
			t.Errorf("the letter is %+v", letter)
		}
	}
	if key, named := keyOf(&workflowpb.WorkflowExecutionInfo{SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{order.AttributeOutOrderNo: payload("A")}}}); !named || key != "A" {
		t.Errorf("an order's name is %q", key)
	}
}
