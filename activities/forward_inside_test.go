package activities_test

import (
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/order"
)

// heard is a message of which a copy was made.
var heard = order.NotificationKey{AppID: appID, NotifyID: "n1", Digest: "aa"}

// copyOf puts the copy of a message into the fakeTemporal.
func (h *fakeTemporal) copyOf(key order.NotificationKey, state order.Disposition) {
	h.workflows[order.CopyWorkflowID(key.AppID, key.NotifyID)] = &kept{
		kind: order.DeliveryWorkflowType, running: true, view: order.DeliveryView{State: state},
	}
}

// TestTheOrderInChargeOfAMiniProgram is found through its entity, for messages that name no number.
func TestTheOrderInChargeOfAMiniProgram(t *testing.T) {
	call := activities.LocateCall{Order: activities.OrderAddress{AppID: appID}, MiniAppID: miniAppID, Key: heard,
		Pacing: activities.Pacing{Schedule: slow, GiveUpAfter: 1}}
	entity := func(h *fakeTemporal, no string) {
		h.workflows[order.MiniProgramWorkflowID(appID, miniAppID)] = &kept{kind: order.MiniProgramWorkflowType, running: true,
			view: order.MiniProgramView{AppID: appID, MiniAppID: miniAppID, OutOrderNo: no}}
	}
	for name, test := range map[string]struct {
		ready func(*fakeTemporal)
		want  activities.Location
	}{
		"one in charge": {func(h *fakeTemporal) { entity(h, outNo); h.order(true) },
			activities.Location{State: activities.LocationRunning, OutOrderNo: outNo}},
		"one that has just ended": {func(h *fakeTemporal) { entity(h, outNo); h.order(false) },
			activities.Location{State: activities.LocationEnded, OutOrderNo: outNo}},
		"nobody in charge": {func(h *fakeTemporal) { entity(h, ""); h.order(true) }, activities.Location{State: activities.LocationUnknown}},
		"no entity":        {func(h *fakeTemporal) { h.order(true) }, activities.Location{State: activities.LocationUnknown}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeTemporal()
			test.ready(h)
			result, _, err := withTemporal(t, h).resolve(activities.LocateOrder.Name, call)
			if err != nil {
				t.Fatal(err)
			}
			sameJSON(t, result, test.want)
		})
	}
}

// TestTheOrderThatTookAVersion gets a message that names it, though another is in charge.
func TestTheOrderThatTookAVersion(t *testing.T) {
	for bundle, want := range map[string]string{order.DefaultBundleID: outNo, "": outNo, "com.alipay.iot": "OUT0"} {
		h := newFakeTemporal()
		h.workflows[order.MiniProgramWorkflowID(appID, miniAppID)] = &kept{
			kind: order.MiniProgramWorkflowType, running: true, view: order.MiniProgramView{OutOrderNo: "OUT0"},
			reservations: []order.VersionReservation{
				{OutOrderNo: "OUT0", AppVersion: "1.0.0", BundleID: order.DefaultBundleID}, {OutOrderNo: outNo, AppVersion: "1.0.1", BundleID: order.DefaultBundleID},
			},
		}
		h.workflows[order.WorkflowID(appID, "OUT0")] = &kept{kind: order.WorkflowType, running: true}
		h.order(true)
		result, _, err := withTemporal(t, h).resolve(activities.LocateOrder.Name, activities.LocateCall{
			Order: activities.OrderAddress{AppID: appID}, MiniAppID: miniAppID, Key: heard, AppVersion: "1.0.1", BundleID: bundle,
			Pacing: activities.Pacing{Schedule: slow, GiveUpAfter: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, result, activities.Location{State: activities.LocationRunning, OutOrderNo: want})
	}
}

// TestACopyIsWaitedFor until it has its disposition; one that never was has none.
func TestACopyIsWaitedFor(t *testing.T) {
	h := newFakeTemporal()
	h.copyOf(heard, order.DispositionWaiting)
	d := withTemporal(t, h)
	if _, err := d.try(activities.AwaitCopy.Name, heard); endingOf(t, err) != waits(time.Minute) {
		t.Errorf("ended with %v", err)
	}
	h.copyOf(heard, order.DispositionDead)
	result, err := d.try(activities.AwaitCopy.Name, heard)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, result, order.DispositionDead)
	result, err = withTemporal(t, newFakeTemporal()).try(activities.AwaitCopy.Name, heard)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, result, order.Disposition(""))
}
