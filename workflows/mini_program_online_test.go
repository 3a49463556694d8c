package workflows_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

func (p *platform) TakeOffline(_ context.Context, token alipay.Secret, number, _ string) error {
	return p.with("offline", token, func() error { return p.down(number, "offline") })
}

func (p *platform) Rollback(_ context.Context, token alipay.Secret, number, _ string) error {
	return p.with("rollback", token, func() error {
		if p.rolledBack {
			return refusal(codes.ClassPermanent, "CAN_NOT_CONTINUOUS_ROLLBACK")
		}
		for i := len(p.numbers) - 1; i >= 0; i-- {
			if one := p.versions[p.numbers[i]]; one.Status == gateway.VersionOffline {
				p.rolledBack, one.Status = true, gateway.VersionRelease
				return p.down(number, "rollback")
			}
		}
		return refusal(codes.ClassPermanent, "CAN_NOT_ROLLBACK_WITHOUT_OFFLINE")
	})
}

func (p *platform) down(number, effect string) error {
	if p.versions[number].Status != gateway.VersionRelease {
		return refusal(codes.ClassQuery, "CAN_NOT_OFFLINE_WITHOUT_ONLINE")
	}
	p.versions[number].Status = gateway.VersionOffline
	p.effects[effect]++
	return nil
}

// shop is a mini program with a token and two versions, of which the second is online.
func shop(t *testing.T) *entity {
	e := newEntity(t)
	e.platform.token = "T1"
	for number, status := range map[string]gateway.VersionStatus{"1.0.0": gateway.VersionOffline, "1.0.1": gateway.VersionRelease} {
		e.platform.versions[number] = &gateway.VersionDetail{Status: status}
	}
	e.platform.numbers = []string{"1.0.0", "1.0.1"}
	e.hears(time.Second, granted("T1", e.began))
	e.claims(2*time.Second, outNo)
	e.signal(3*time.Second, order.EndSignal, order.End{OutOrderNo: outNo, AppVersion: "1.0.1", BundleID: order.DefaultBundleID,
		Online: &order.OnlineVersion{AppVersion: "1.0.1", BundleID: order.DefaultBundleID, Promotable: true}})
	return e
}

func (e *entity) commands(when time.Duration, name string, in order.MiniProgramInstruction) *outcome {
	in.Actor = "wang"
	return e.update(when, name, in)
}

// online is what users see, by an answer.
func online(t *testing.T, answered *outcome) string {
	t.Helper()
	view, ok := answered.view.(order.MiniProgramView)
	if !ok {
		t.Fatalf("answered %+v (%v, %v)", answered.view, answered.rejected, answered.failed)
	}
	if view.Online == nil {
		return "nothing"
	}
	return view.Online.AppVersion
}

// TestRolledBackOnceInARow: the version before comes back; a second rollback in a row is Alipay's to
// refuse, and nothing changes.
func TestRolledBackOnceInARow(t *testing.T) {
	e := shop(t)
	first := e.commands(time.Minute, order.RollbackUpdate, order.MiniProgramInstruction{Reason: "payments fail"})
	second := e.commands(2*time.Minute, order.RollbackUpdate, order.MiniProgramInstruction{})
	view := e.viewAt(3 * time.Minute)
	e.runs(4 * time.Minute)
	if got := online(t, first); got != "1.0.0" {
		t.Errorf("online is %s", got)
	}
	wantFailure(t, second, "CAN_NOT_CONTINUOUS_ROLLBACK")
	if view.Online == nil || view.Online.AppVersion != "1.0.0" || len(view.Events) != 1 || e.platform.effects["rollback"] != 1 {
		t.Fatalf("it shows %+v, effects %v", view, e.platform.effects)
	}
	event := view.Events[0]
	if event.Type != order.HappenedOnlineChanged || event.Previous != "1.0.1" || event.Actor != "wang" || event.Reason != "payments fail" || event.Cause != order.DownByCommand {
		t.Errorf("its event is %+v", event)
	}
}

func wantFailure(t *testing.T, answered *outcome, part string) {
	t.Helper()
	if answered.failed == nil || !strings.Contains(answered.failed.Error(), part) {
		t.Errorf("answered %+v (%v, %v), want %q", answered.view, answered.rejected, answered.failed, part)
	}
}

// TestTakenOffline, and again: what is offline already is refused.
func TestTakenOffline(t *testing.T) {
	e := shop(t)
	first := e.commands(time.Minute, order.OfflineUpdate, order.MiniProgramInstruction{AppVersion: "1.0.1", Key: "k", Digest: "d"})
	repeated := e.commands(2*time.Minute, order.OfflineUpdate, order.MiniProgramInstruction{AppVersion: "1.0.1", Key: "k", Digest: "d"})
	again := e.commands(3*time.Minute, order.OfflineUpdate, order.MiniProgramInstruction{})
	view := e.viewAt(4 * time.Minute)
	e.runs(5 * time.Minute)
	for _, one := range []*outcome{first, repeated} {
		if got := online(t, one); got != "nothing" {
			t.Errorf("online is %s", got)
		}
	}
	wantFailure(t, again, "nothing of this mini program is online")
	if view.Down == nil || view.Down.AppVersion != "1.0.1" || view.Down.Cause != order.DownByCommand || e.platform.calls["offline"] != 1 {
		t.Errorf("down %+v, calls %v", view.Down, e.platform.calls)
	}
}

// TestWhatCantBeTakenDown is refused with the reason, and no call is made.
func TestWhatCantBeTakenDown(t *testing.T) {
	for part, breaking := range map[string]func(e *entity, in *order.MiniProgramInstruction){
		"1.0.1 is online, and not 1.0.0": func(_ *entity, in *order.MiniProgramInstruction) { in.AppVersion = "1.0.0" },
		"version 1.0.2 is in a gray release": func(e *entity, _ *order.MiniProgramInstruction) {
			e.platform.versions["1.0.2"], e.platform.numbers = &gateway.VersionDetail{Status: gateway.VersionGray}, append(e.platform.numbers, "1.0.2")
		},
		"nothing of this mini program is online": func(e *entity, _ *order.MiniProgramInstruction) {
			e.platform.versions["1.0.1"].Status = gateway.VersionAuditOffline
		},
		"could not be asked which version is online": func(e *entity, _ *order.MiniProgramInstruction) {
			e.platform.refuse("list", refusal(codes.ClassRetry, "SYSTEM_ERROR"))
		},
	} {
		for _, name := range []string{order.RollbackUpdate, order.OfflineUpdate} {
			e, in := shop(t), order.MiniProgramInstruction{}
			breaking(e, &in)
			refused := e.commands(time.Minute, name, in)
			e.runs(2 * time.Minute)
			wantFailure(t, refused, part)
			if e.platform.calls["rollback"]+e.platform.calls["offline"] != 0 {
				t.Errorf("%s of what is refused: calls %v", name, e.platform.calls)
			}
		}
	}
	e := newEntity(t)
	refused := e.commands(time.Minute, order.OfflineUpdate, order.MiniProgramInstruction{})
	e.runs(2 * time.Minute)
	wantRefusal(t, refused, "no valid authorisation")
}

// TestALostAnswerIsAskedAbout: the call is made once, whether it had its effect or not.
func TestALostAnswerIsAskedAbout(t *testing.T) {
	for done, want := range map[bool]string{true: "1.0.0", false: ""} {
		e := shop(t)
		if done {
			e.platform.lose("rollback", 0)
		} else {
			e.platform.refuse("rollback", refusal(codes.ClassUnknown, "NO_ANSWER"))
		}
		answered := e.commands(time.Minute, order.RollbackUpdate, order.MiniProgramInstruction{})
		crossing := e.commands(time.Minute, order.OfflineUpdate, order.MiniProgramInstruction{})
		e.runs(5 * time.Minute)
		if want == "" {
			wantFailure(t, answered, "version 1.0.1 is online still")
		} else if got := online(t, answered); got != want {
			t.Errorf("online is %s", got)
		}
		wantRefusal(t, crossing, "another command")
		if e.platform.calls["rollback"] != 1 {
			t.Errorf("calls %v", e.platform.calls)
		}
	}
}

// sees is what a Watch tells.
func (e *entity) sees(when time.Duration, version string, was activities.VersionStatus) {
	e.at(when, func() {
		e.env.SignalWorkflow(order.SightSignal, activities.Sighting{OnlineAnswer: activities.OnlineAnswer{AppVersion: version, Was: was}, At: e.env.Now()})
	})
}

// TestWhatAWatchSees: nobody says when a version goes offline, is taken down or is another's, but asking;
// what needs a person is shown to lists until it is put right, or said to be wanted.
func TestWhatAWatchSees(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(*entity)
		want    string
		events  []string
		holds   []string
	}{
		"as before":  {func(e *entity) { e.sees(time.Minute, "1.0.1", "RELEASE") }, "1.0.1", nil, nil},
		"superseded": {func(e *entity) { e.sees(time.Minute, "2.0.0", "OFFLINE") }, "2.0.0", []string{"mini_program.online_changed 2.0.0 others"}, nil},
		"taken down": {func(e *entity) {
			e.sees(time.Minute, "", "AUDIT_OFFLINE")
			e.sees(2*time.Minute, "", "AUDIT_OFFLINE")
		}, "down force", []string{"mini_program.offline 1.0.1 force"}, []string{"offline"}},
		"offline, and then wanted so": {func(e *entity) {
			e.platform.versions["1.0.1"].Status = gateway.VersionOffline
			e.sees(time.Minute, "", "OFFLINE")
			e.commands(2*time.Minute, order.OfflineUpdate, order.MiniProgramInstruction{})
		}, "down command", []string{"mini_program.offline 1.0.1 others", "mini_program.offline 1.0.1 command"}, []string{"offline"}},
		"taken down after it was taken offline here": {func(e *entity) {
			e.commands(time.Minute, order.OfflineUpdate, order.MiniProgramInstruction{})
			e.sees(2*time.Minute, "", "AUDIT_OFFLINE")
		}, "down force", []string{"mini_program.offline 1.0.1 command", "mini_program.offline 1.0.1 force"}, []string{"offline"}},
		"back": {func(e *entity) {
			e.sees(time.Minute, "", "AUDIT_OFFLINE")
			e.sees(2*time.Minute, "1.0.1", "RELEASE")
		}, "1.0.1", []string{"mini_program.offline 1.0.1 force", "mini_program.online_changed 1.0.1 others"}, []string{"offline"}},
		"an order's version": {func(e *entity) {
			e.claims(time.Minute, "OUT2")
			e.update(time.Minute, order.ReserveVersionUpdate, order.VersionReservation{OutOrderNo: "OUT2", AppVersion: "1.0.2", BundleID: order.DefaultBundleID})
			e.sees(2*time.Minute, "1.0.2", "OFFLINE")
		}, "1.0.1", nil, nil},
		"older than a command": {func(e *entity) {
			old := activities.Sighting{OnlineAnswer: activities.OnlineAnswer{AppVersion: "1.0.1"}, At: e.began.Add(30 * time.Second)}
			e.commands(time.Minute, order.RollbackUpdate, order.MiniProgramInstruction{})
			e.signal(2*time.Minute, order.SightSignal, old)
		}, "1.0.0", []string{"mini_program.online_changed 1.0.0 command"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := shop(t)
			c.happens(e)
			view := e.viewAt(4 * time.Minute)
			e.runs(5 * time.Minute)
			got := ""
			if view.Online != nil {
				got = view.Online.AppVersion
			}
			if view.Down != nil {
				got += "down " + string(view.Down.Cause)
			}
			var events []string
			for i, event := range view.Events {
				events = append(events, event.Type+" "+event.AppVersion+" "+string(event.Cause))
				if event.Sequence != i+1 || event.ID == "" {
					t.Errorf("event %d is %+v", i, event)
				}
			}
			if got != c.want {
				t.Errorf("users see %q, want %q", got, c.want)
			}
			same(t, "events", events, c.events...)
			same(t, "what needs a person", e.holds, c.holds...)
		})
	}
}
