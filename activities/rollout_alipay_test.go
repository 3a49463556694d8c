package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
	"miniflow/rollout"
)

func (o *fakeAlipay) TemplateUsers(context.Context, string, string, string, int) ([]gateway.TemplateUser, error) {
	return nil, o.templates
}

func (o *fakeAlipay) TemplateInstances(context.Context, string, int) ([]gateway.TemplateInstance, error) {
	return nil, errors.New("no template here")
}

func (o *fakeAlipay) Rollback(_ context.Context, token alipay.Secret, appVersion, _ string) error {
	return o.call("rollback", &token, func() error {
		o.versions[appVersion].Status = gateway.VersionOffline
		return o.did("rollback")
	})
}

func (o *fakeAlipay) TakeOffline(_ context.Context, token alipay.Secret, appVersion, _ string) error {
	return o.call("offline", &token, func() error {
		o.versions[appVersion].Status = gateway.VersionOffline
		return o.did("offline")
	})
}

// template is a gateway whose template has users, by version.
type template struct {
	activities.Gateway
	users     map[string]int
	instances int
	// same has every page be the first.
	same  bool
	asked []string
	turn  gateway.Turn
}

// page is a page of so many.
func (t *template) page(prefix string, of, number int) (ids []string) {
	if t.same {
		number = 1
	}
	for i := (number - 1) * gateway.TemplatePage; i < min(of, number*gateway.TemplatePage); i++ {
		ids = append(ids, fmt.Sprint(prefix, i))
	}
	return ids
}

func (t *template) TemplateUsers(ctx context.Context, id, version, bundle string, number int) (users []gateway.TemplateUser, _ error) {
	t.asked, t.turn = append(t.asked, fmt.Sprint(id, " ", version, " ", bundle, " ", number)), gateway.TurnOf(ctx)
	for _, one := range t.page("m", t.users[version], number) {
		users = append(users, gateway.TemplateUser{MiniAppID: one})
	}
	return users, nil
}

func (t *template) TemplateInstances(_ context.Context, id string, number int) (instances []gateway.TemplateInstance, _ error) {
	t.asked = append(t.asked, fmt.Sprint(id, " ", number))
	for _, one := range t.page("m", t.instances, number) {
		instances = append(instances, gateway.TemplateInstance{MiniAppID: one})
	}
	return instances, nil
}

// finds lists to the end, and counts the activities that it took.
func finds(t *testing.T, world *template, from ...string) (ids, except []string, took int) {
	t.Helper()
	env := newTestEnv(t, (&activities.Alipay{Gateways: map[string]activities.Gateway{appID: world}}).RegisterRollouts)
	call := activities.FindMembersCall{
		AppID: appID, From: from, Version: order.Version{TemplateID: "T", TemplateVersion: "new"}, Cursor: rollout.Cursor{Page: 1},
	}
	for {
		result, err := env.try(activities.FindMembers.Name, call)
		must(t, err)
		found := decoded[activities.MembersFound](t, result)
		ids, except = append(ids, found.IDs...), append(except, found.Except...)
		if took++; found.Next == nil {
			return ids, except, took
		}
		call.Cursor = *found.Next
	}
}

// Members are those who run an old version, page by page; without old versions, all instances but those
// that run the new one.
func TestMembersAreFound(t *testing.T) {
	world := &template{users: map[string]int{"1": 120, "2": 50, "3": 0}}
	if ids, except, _ := finds(t, world, "1", "2", "3"); len(ids) != 170 || ids[119] != "m119" || len(except) != 0 {
		t.Errorf("found %d, and %d that are none", len(ids), len(except))
	}
	want := []string{"1 " + order.DefaultBundleID + " 1", "1 " + order.DefaultBundleID + " 2", "1 " + order.DefaultBundleID + " 3",
		"2 " + order.DefaultBundleID + " 1", "2 " + order.DefaultBundleID + " 2", "3 " + order.DefaultBundleID + " 1"}
	for i := range want {
		want[i] = "T " + want[i]
	}
	if diff := cmp.Diff(want, world.asked); diff != "" {
		t.Error(diff)
	}
	world = &template{instances: 1020, users: map[string]int{"new": 30, "": 9}}
	if ids, except, took := finds(t, world); len(ids) != 1020 || len(except) != 30 || took != 3 {
		t.Errorf("found %d, and %d that are none, in %d activities", len(ids), len(except), took)
	}
	if world.turn != gateway.TurnQuestion {
		t.Errorf("it asks in the turn %s", world.turn)
	}
}

// A platform that answers the same page for ever has one page.
func TestAListThatRepeatsItselfEnds(t *testing.T) {
	world := &template{users: map[string]int{"1": 500}, same: true}
	if ids, _, took := finds(t, world, "1"); len(ids) != 100 || took != 1 {
		t.Errorf("found %d in %d activities", len(ids), took)
	}
}

// A template that Alipay does not know is for a person; what passes is tried again.
func TestATemplateThatIsRefused(t *testing.T) {
	for class, again := range map[codes.Class]bool{codes.ClassPermanent: false, codes.ClassFix: false, codes.ClassUnknown: true, codes.ClassRetry: true} {
		b := newBench(t)
		b.fakeAlipay.templates = refused(class, "THE_CODE")
		env := newTestEnv(t, b.activities().RegisterRollouts)
		_, err := env.try(activities.FindMembers.Name, activities.FindMembersCall{AppID: appID, From: []string{"1"}, Cursor: rollout.Cursor{Page: 1}})
		if retryable(err) != again || !again && activities.FailureOf(err).Code != "THE_CODE" {
			t.Errorf("%s: %v", class, err)
		}
	}
}

// rolledBack takes one version back in a world.
func rolledBack(t *testing.T, b *bench) []rollout.TakenBack {
	t.Helper()
	env := newTestEnv(t, b.activities().RegisterRollouts)
	result, err := env.try(activities.RollBackVersions.Name, activities.RollBackCall{
		AppID: appID, BundleID: "b", Versions: []activities.OnlineOf{{Index: 7, MiniAppID: miniAppID, AppVersion: number}},
	})
	must(t, err)
	return decoded[activities.RolledBack](t, result).Undone
}

// A version is taken back by one call; what is refused is looked at, and what nobody knows is left out.
func TestVersionsAreTakenBack(t *testing.T) {
	lost := refused(codes.ClassUnknown, "isp.unknow-error")
	gray := refused(codes.ClassWait, "CAN_NOT_ROLLBACK_WITH_GRAY")
	offline := func(o *fakeAlipay) { o.version(gateway.VersionOffline) }
	done := []rollout.TakenBack{{Index: 7}}
	for name, test := range map[string]struct {
		plans  map[string][]plan
		token  string
		want   []rollout.TakenBack
		calls  int
		looked int
	}{
		"at once":                {nil, "T1", done, 1, 0},
		"an answer that is lost": {map[string][]plan{"rollback": {{err: lost, after: true}}}, "T1", done, 1, 1},
		"a call that is lost":    {map[string][]plan{"rollback": {{err: lost}}}, "T1", nil, 1, 1},
		"a look that is lost":    {map[string][]plan{"rollback": {{err: gray}}, "detail": {{err: lost}}}, "T1", nil, 1, 1},
		"too many calls":         {map[string][]plan{"rollback": {{err: refused(codes.ClassRetry, "isv.app-call-limited")}}}, "T1", nil, 1, 1},
		"a gray release":         {map[string][]plan{"rollback": {{err: gray}}}, "T1", []rollout.TakenBack{{Index: 7, Code: "CAN_NOT_ROLLBACK_WITH_GRAY"}}, 1, 1},
		"not online any more":    {map[string][]plan{"rollback": {{err: refused(codes.ClassQuery, "CAN_NOT_ROLLBACK_WITHOUT_ONLINE"), first: offline}}}, "T1", done, 1, 1},
		"a token that is dead":   {nil, "T2", []rollout.TakenBack{{Index: 7, Code: "aop.invalid-app-auth-token"}}, 1, 0},
	} {
		b := newBench(t)
		b.fakeAlipay.version(gateway.VersionRelease)
		b.fakeAlipay.token = test.token
		for method, plans := range test.plans {
			b.fakeAlipay.plan(method, plans...)
		}
		got := rolledBack(t, b)
		if diff := cmp.Diff(test.want, got); diff != "" || b.fakeAlipay.calls["rollback"] != test.calls || b.fakeAlipay.calls["detail"] != test.looked {
			t.Errorf("%s: calls %v\n%s", name, b.fakeAlipay.calls, diff)
		}
	}
}

// An app that is observed takes nothing back: another system acts.
func TestAnObservedAppTakesNothingBack(t *testing.T) {
	b := newBench(t)
	acting := b.activities()
	acting.Acts = func(string, string) bool { return false }
	got, err := acting.RollBackVersions(t.Context(), activities.RollBackCall{AppID: appID, Versions: []activities.OnlineOf{{Index: 1}}})
	if err != nil || !slices.Equal(got.Undone, []rollout.TakenBack{{Index: 1, Code: activities.CodeObserving}}) || len(b.fakeAlipay.calls) > 0 {
		t.Errorf("%+v, %v, calls %v", got, err, b.fakeAlipay.calls)
	}
}

// What is taken back goes before acts.
func TestWhatIsTakenBackGoesFirst(t *testing.T) {
	seen := &undoTurn{turn: -1}
	env := newTestEnv(t, (&activities.Alipay{
		Gateways: map[string]activities.Gateway{appID: seen}, Tokens: &purse{kept: "T1", current: "T1"},
	}).RegisterRollouts)
	_, err := env.try(activities.RollBackVersions.Name, activities.RollBackCall{AppID: appID, Versions: []activities.OnlineOf{{MiniAppID: miniAppID}}})
	if err != nil || seen.turn != gateway.TurnUndo {
		t.Errorf("it has the turn %s, %v", seen.turn, err)
	}
}

type undoTurn struct {
	activities.Gateway
	turn gateway.Turn
}

func (u *undoTurn) Rollback(ctx context.Context, _ alipay.Secret, _, _ string) error {
	u.turn = gateway.TurnOf(ctx)
	return nil
}
