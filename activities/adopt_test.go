package activities_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// A message about an order that another system has created begins it here, once the ISV has had a
// moment to start it with more than a message says.
func TestAMessageBeginsAnOrderOfAnotherSystem(t *testing.T) {
	call := activities.LocateCall{
		Order: address(), Created: order.KindTrial, OrderNo: "ORD1", Key: message().NotificationKey, Language: words.Chinese,
		Pacing: activities.Pacing{Schedule: order.Schedule{{Every: 30 * time.Second}}, GiveUpAfter: order.Duration(time.Hour)},
	}
	other, nameless := call, call
	other.Created, nameless.OrderNo = "", ""
	short := call
	short.Pacing.GiveUpAfter = 1
	for name, test := range map[string]struct {
		call    activities.LocateCall
		acts    func(string, string) bool
		attempt int32
		begun   bool
		used    bool
	}{
		"a minute later":           {call: call, attempt: 3, begun: true},
		"at once":                  {call: call, attempt: 1},
		"at a person's word":       {call: short, attempt: 2, begun: true},
		"of another kind":          {call: other, attempt: 9},
		"without Alipay's number":  {call: nameless, attempt: 9},
		"that was purged":          {call: call, attempt: 3, used: true},
		"of an app that is active": {call: call, attempt: 9, acts: func(string, string) bool { return true }},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeTemporal()
			acts := test.acts
			if acts == nil {
				acts = func(app, merchant string) bool { return app != appID || merchant == "shop-7" }
			}
			inside := &activities.Inside{Temporal: h, Namespace: "default", Acts: acts, Adopting: activities.Adopting{
				Schedules: order.DefaultSchedules(), Policy: order.DefaultPolicy(), Now: func() time.Time { return noon },
				Used: func(_ context.Context, app, number string) (bool, error) {
					return test.used && app == appID && number == outNo, nil
				},
			}}
			d := newTestEnv(t, inside.Register)
			d.attempt = test.attempt
			result, err := d.try(activities.LocateOrder.Name, test.call)
			if !test.begun {
				if len(h.workflows) != 0 {
					t.Errorf("it began %v", h.workflows)
				}
				return
			}
			must(t, err)
			sameJSON(t, result, activities.Location{State: activities.LocationRunning, OutOrderNo: outNo})
			one := h.workflows[order.WorkflowID(appID, outNo)]
			if one == nil || one.kind != order.WorkflowType {
				t.Fatalf("it began %v", h.workflows)
			}
			begun, err := json.Marshal(one.input)
			must(t, err)
			sameJSON(t, begun, order.Input{
				Request:   order.Request{AppID: appID, OutOrderNo: outNo, Kind: order.KindTrial, OrderNo: "ORD1", Policy: order.DefaultPolicy()},
				Schedules: order.DefaultSchedules(), CreatedAt: noon, Language: words.Chinese, Observed: true,
			})
			if _, err := d.try(activities.LocateOrder.Name, test.call); err != nil || len(h.workflows) != 1 {
				t.Errorf("tried again: %v, %d workflows", err, len(h.workflows))
			}
		})
	}
}
