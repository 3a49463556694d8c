package activities_test

import (
	"encoding/json"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay/gateway"
)

// Which version another system works on is Alipay's to say: the one in its pipeline, or else the
// highest that may be the order's.
func TestFollowVersionChooses(t *testing.T) {
	row := func(number string, status gateway.VersionStatus, age time.Duration) gateway.VersionInfo {
		return gateway.VersionInfo{AppVersion: number, Status: status, CreatedAt: noon.Add(-age)}
	}
	for name, test := range map[string]struct {
		followed, after string
		since           time.Time
		versions        []gateway.VersionInfo
		want            string
	}{
		"none yet": {},
		"the one that is in the pipeline": {
			versions: []gateway.VersionInfo{row("1.0.3", gateway.VersionInit, 0), row("1.0.2", gateway.VersionAuditing, 0)}, want: "1.0.2",
		},
		"the one in the pipeline, made before the order": {
			since:    noon,
			versions: []gateway.VersionInfo{row("1.0.2", gateway.VersionAuditReject, time.Hour)}, want: "1.0.2",
		},
		"none that was made before the order": {
			since:    noon,
			versions: []gateway.VersionInfo{row("1.0.2", gateway.VersionRelease, time.Hour), row("1.0.1", gateway.VersionInit, time.Hour)},
		},
		"the highest in development": {
			versions: []gateway.VersionInfo{row("1.0.9", gateway.VersionInit, 0), row("1.0.10", gateway.VersionInit, 0)}, want: "1.0.10",
		},
		"one that is online": {
			versions: []gateway.VersionInfo{row("1.0.1", gateway.VersionRelease, 0), row("1.0.0", gateway.VersionOffline, 0)}, want: "1.0.1",
		},
		"the one that was followed, though its list is silent": {followed: "1.0.1", want: "1.0.1"},
		"a higher one than was followed": {
			followed: "1.0.1",
			versions: []gateway.VersionInfo{row("1.0.2", gateway.VersionInit, 0), row("1.0.1", gateway.VersionInit, 0)}, want: "1.0.2",
		},
		"none below the one that was followed": {
			followed: "1.0.5",
			versions: []gateway.VersionInfo{row("1.0.4", gateway.VersionWaitRelease, 0)}, want: "1.0.5",
		},
		"none that has come to nothing": {
			after:    "1.0.2",
			versions: []gateway.VersionInfo{row("1.0.2", gateway.VersionInit, 0)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.fakeAlipay.numbers = test.versions
			for _, one := range test.versions {
				b.fakeAlipay.versions[one.AppVersion] = &gateway.VersionDetail{Status: one.Status}
			}
			if test.followed != "" && b.fakeAlipay.versions[test.followed] == nil {
				b.fakeAlipay.versions[test.followed] = &gateway.VersionDetail{Status: gateway.VersionInit}
			}
			q := question()
			q.AppVersion, q.Pacing = test.followed, activities.Pacing{Schedule: slow, Once: true}
			result, err := b.try(activities.FollowVersion.Name, activities.FollowCall{Question: q, After: test.after, Since: test.since})
			if err != nil {
				t.Fatal(err)
			}
			var got activities.Followed
			if err := json.Unmarshal(result, &got); err != nil || got.AppVersion != test.want {
				t.Errorf("follows %q (%v), want %q", got.AppVersion, err, test.want)
			}
			if test.want != "" && got.Truth.Status != activities.VersionStatus(b.fakeAlipay.versions[test.want].Status) {
				t.Errorf("it stands at %s", got.Truth.Status)
			}
		})
	}
}
