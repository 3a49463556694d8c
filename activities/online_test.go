package activities_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
)

// Of what Alipay lists, the version that was believed to be online counts first; a gray release stands
// beside it, and what is in development is no concern.
func TestWhatIsOnline(t *testing.T) {
	row := func(number string, status gateway.VersionStatus) gateway.VersionInfo {
		return gateway.VersionInfo{AppVersion: number, Status: status}
	}
	unpromoted := row("2", gateway.VersionRelease)
	unpromoted.PromoteAudit = alipay.AuditReject
	for name, test := range map[string]struct {
		listed []gateway.VersionInfo
		want   activities.OnlineAnswer
	}{
		"nothing":               {nil, activities.OnlineAnswer{}},
		"as believed":           {[]gateway.VersionInfo{row("3", gateway.VersionInit), row("2", gateway.VersionRelease), row("1", gateway.VersionOffline)}, activities.OnlineAnswer{AppVersion: "2", Promotable: true, Was: "RELEASE"}},
		"two":                   {[]gateway.VersionInfo{row("3", gateway.VersionRelease), row("2", gateway.VersionRelease)}, activities.OnlineAnswer{AppVersion: "2", Promotable: true, Was: "RELEASE"}},
		"not to be promoted":    {[]gateway.VersionInfo{unpromoted}, activities.OnlineAnswer{AppVersion: "2", Was: "RELEASE"}},
		"superseded":            {[]gateway.VersionInfo{row("3", gateway.VersionRelease), row("2", gateway.VersionOffline)}, activities.OnlineAnswer{AppVersion: "3", Promotable: true, Was: "OFFLINE"}},
		"taken down":            {[]gateway.VersionInfo{row("2", gateway.VersionAuditOffline)}, activities.OnlineAnswer{Was: "AUDIT_OFFLINE"}},
		"a gray release beside": {[]gateway.VersionInfo{row("3", gateway.VersionGray), row("2", gateway.VersionRelease)}, activities.OnlineAnswer{AppVersion: "2", Promotable: true, Gray: "3", Was: "RELEASE"}},
	} {
		b := newBench(t)
		b.fakeAlipay.numbers = test.listed
		result, err := newTestEnv(t, b.activities().RegisterOnline).try(activities.LookOnline.Name,
			activities.OnlineQuestion{AppID: appID, MiniAppID: miniAppID, AppVersion: "2"})
		must(t, err)
		if diff := cmp.Diff(test.want, decoded[activities.OnlineAnswer](t, result)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// Whoever asks is waiting: no answer ends the question too.
func TestWhatIsOnlineIsAskedOnce(t *testing.T) {
	b := newBench(t)
	b.fakeAlipay.plan("list", plan{err: refused(codes.ClassRetry, "SYSTEM_ERROR")})
	_, err := newTestEnv(t, b.activities().RegisterOnline).try(activities.LookOnline.Name, activities.OnlineQuestion{AppID: appID, MiniAppID: miniAppID})
	if retryable(err) || activities.FailureOf(err).Class != activities.FailureUnknown {
		t.Errorf("ended with %v", err)
	}
}

// A version is taken offline by one call, and again it is no harm; another system's app is left alone.
func TestAVersionIsTakenOffline(t *testing.T) {
	call := activities.TakeDownCall{AppID: appID, MiniAppID: miniAppID, AppVersion: number}
	b := newBench(t)
	b.fakeAlipay.version(gateway.VersionRelease)
	env := newTestEnv(t, b.activities().RegisterOnline)
	for range 2 {
		_, err := env.try(activities.TakeOffline.Name, call)
		must(t, err)
		b.fakeAlipay.plan("offline", plan{err: refused(codes.ClassQuery, "CAN_NOT_OFFLINE_WITHOUT_ONLINE")})
	}
	if b.fakeAlipay.effect("offline") != 1 {
		t.Errorf("effects %v", b.fakeAlipay.effects)
	}
	quiet := b.activities()
	quiet.Acts = func(string, string) bool { return false }
	for _, name := range []string{activities.TakeOffline.Name, activities.RollBackVersion.Name} {
		before := b.fakeAlipay.calls["offline"]
		_, err := newTestEnv(t, quiet.RegisterOnline).try(name, call)
		if activities.FailureOf(err).Class != activities.FailureObserving || b.fakeAlipay.calls["offline"] != before || b.fakeAlipay.calls["rollback"] != 0 {
			t.Errorf("%s: %v, calls %v", name, err, b.fakeAlipay.calls)
		}
	}
}
