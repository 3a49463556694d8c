package activities_test

import (
	"encoding/json"
	"slices"
	"testing"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
	"miniflow/order"
)

// acts lists from which statuses each write of the pipeline does something.
var acts = map[string][]gateway.VersionStatus{
	activities.SubmitAudit.Name: {gateway.VersionInit},
	activities.CancelAudit.Name: {gateway.VersionAuditing},
	activities.TakeBack.Name:    {gateway.VersionAuditing, gateway.VersionWaitRelease, gateway.VersionBaseAuditPass, gateway.VersionAuditReject},
	activities.PutOnline.Name:   {gateway.VersionWaitRelease, gateway.VersionBaseAuditPass, gateway.VersionGray},
}

// methodOf is the call that a write makes from a status.
func methodOf(name string, from gateway.VersionStatus) string {
	if name == activities.TakeBack.Name && from == gateway.VersionAuditing {
		return "cancel"
	}
	return activityCases()[name].method
}

// TestAWriteAsksFirst: where the version is somewhere else, nothing is sent and
// the answer says where it is.
func TestAWriteAsksFirst(t *testing.T) {
	for name, from := range acts {
		e := activityCases()[name]
		for _, status := range gateway.VersionStatuses() {
			b := newBench(t)
			b.fakeAlipay.version(status)
			result, err := b.try(name, e.input)
			if err != nil {
				t.Fatalf("%s of %s: %v", name, status, err)
			}
			if slices.Contains(from, status) {
				sameJSON(t, result, e.want)
				continue
			}
			sameJSON(t, result, stands(activities.VersionStatus(status)))
			if len(b.fakeAlipay.calls) != 1 || b.fakeAlipay.calls["detail"] != 1 {
				t.Errorf("%s of %s was sent: %v", name, status, b.fakeAlipay.calls)
			}
		}
	}
}

// TestACorrectionLeavesANewSubmissionAlone: a rejected version is taken back, and one that
// somebody has submitted again in the console meanwhile is not.
func TestACorrectionLeavesANewSubmissionAlone(t *testing.T) {
	question := awaiting(activities.VersionAuditReject, activities.VersionBaseAuditPass, activities.VersionWaitRelease)
	for status, left := range map[gateway.VersionStatus]activities.VersionStatus{
		gateway.VersionAuditing: activities.VersionAuditing, gateway.VersionAuditReject: activities.VersionInit,
	} {
		b := newBench(t)
		b.fakeAlipay.version(status)
		result, err := b.try(activities.TakeBack.Name, question)
		if err != nil {
			t.Fatalf("%s: %v", status, err)
		}
		sameJSON(t, result, stands(left))
	}
}

// TestAWriteThatCameTooLate: between the question and the write the version moved.
// Alipay refuses, and the answer is where it went.
func TestAWriteThatCameTooLate(t *testing.T) {
	for name, from := range acts {
		e := activityCases()[name]
		for _, before := range from {
			for _, meanwhile := range gateway.VersionStatuses() {
				b := newBench(t)
				detail := b.fakeAlipay.version(before)
				b.fakeAlipay.plan(methodOf(name, before), plan{err: refused(codes.ClassQuery, "OTHER_STATUS"), first: func(*fakeAlipay) { detail.Status = meanwhile }})
				result, err := b.try(name, e.input)
				if meanwhile == before {
					if !unknown(err) || !activities.FailureOf(err).Traceless {
						t.Errorf("%s of %s that did nothing ended with %v", name, before, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s of %s that became %s: %v", name, before, meanwhile, err)
					continue
				}
				sameJSON(t, result, stands(activities.VersionStatus(meanwhile)))
			}
		}
	}
}

// TestAnAcceptedWriteIsBelieved although the query lags behind, or fails.
func TestAnAcceptedWriteIsBelieved(t *testing.T) {
	for name, from := range acts {
		if name == activities.SubmitAudit.Name || name == activities.PutOnline.Name { // neither asks at all then
			continue
		}
		e := activityCases()[name]
		lags := plan{first: func(o *fakeAlipay) { o.versions[number].Status = from[0] }}
		for _, second := range []plan{lags, {err: refused(codes.ClassUnknown, "")}, {err: refused(codes.ClassAuthorization, "")}} {
			b := newBench(t)
			b.fakeAlipay.version(from[0])
			b.fakeAlipay.plan("detail", plan{}, second)
			result, err := b.try(name, e.input)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want, _ := e.want.(activities.VersionAnswer)
			sameJSON(t, result, activities.VersionAnswer{Status: want.Status})
		}
	}
}

// TestADoubtThatCanNotBeSettled: the write is in doubt and so is the question.
func TestADoubtThatCanNotBeSettled(t *testing.T) {
	for name, from := range acts {
		b := newBench(t)
		b.fakeAlipay.version(from[0])
		b.fakeAlipay.plan("detail", plan{}, plan{err: refused(codes.ClassUnknown, "")})
		b.fakeAlipay.plan(methodOf(name, from[0]), plan{err: refused(codes.ClassQuery, "SYSTEM_ERROR")})
		if _, err := b.try(name, activityCases()[name].input); !unknown(err) || activities.FailureOf(err).Traceless {
			t.Errorf("%s ended with %v", name, err)
		}
	}
}

func TestAnUploadBringsItsConfiguration(t *testing.T) {
	b := newBench(t)
	version := order.Version{TemplateID: "T", TemplateVersion: "0.1.0", AppVersion: number, Ext: `{"shop":"店"}`}
	if _, err := b.try(activities.UploadVersion.Name, activities.UploadCall{AppID: appID, MiniAppID: miniAppID, Version: version}); err != nil {
		t.Fatal(err)
	}
	sent, _ := b.fakeAlipay.sent["upload"].(rules.Upload)
	if sent.TemplateID != "T" || sent.TemplateVersion != "0.1.0" || sent.BundleID != order.DefaultBundleID || string(sent.Ext) != `{"shop":"店"}` {
		t.Errorf("sent %+v", sent)
	}
	version.Ext = "lost"
	_, err := b.try(activities.UploadVersion.Name, activities.UploadCall{AppID: appID, MiniAppID: miniAppID, Version: version})
	if failure := activities.FailureOf(err); failure.Code != "UNSEAL_FAILED" || b.fakeAlipay.effect("upload") != 1 {
		t.Errorf("a configuration that can't be opened ended with %v after %d uploads", err, b.fakeAlipay.effect("upload"))
	}
}

// TestTheTwentyFirstVersion: Alipay keeps twenty in development. The oldest that it lets go makes room,
// of those that Miniflow uploaded and no order needs; without one a person is asked.
func TestTheTwentyFirstVersion(t *testing.T) {
	inDevelopment := []gateway.VersionInfo{
		{AppVersion: "1.2.9", Status: gateway.VersionInit}, {AppVersion: "1.2.8", Status: gateway.VersionInit},
		{AppVersion: "1.2.7", Status: gateway.VersionInit}, {AppVersion: "1.2.6", Status: gateway.VersionAuditReject},
		{AppVersion: "1.2.5", Status: gateway.VersionInit},                                    // the merchant's
		{AppVersion: "1.2.4", Status: gateway.VersionInit},                                    // of an order that is not over
		{AppVersion: "1.2.3", Status: gateway.VersionInit, CreatedAt: seen.AddDate(0, 0, -1)}, // the merchant's under a number of ours
	}
	ours := []order.VersionReservation{
		recorded("1.2.9"), recorded("1.2.8", anothers, ended), recorded("1.2.7", anothers, ended), recorded("1.2.6", ended),
		recorded("1.2.5", ended, anotherClient), recorded("1.2.4", anothers), recorded("1.2.3", ended),
	}
	kept := plan{err: refused(codes.ClassWait, "CAN_NOT_DELETE_WITH_SCANNING")}
	lost := plan{err: refused(codes.ClassUnknown, ""), after: true}
	tests := map[string]struct {
		deletes []plan
		list    plan
		gone    string // empty when none can go
		tries   int
	}{
		"the oldest goes":               {gone: "1.2.7", tries: 1},
		"the oldest is scanned":         {deletes: []plan{kept}, gone: "1.2.8", tries: 1},
		"none can go":                   {deletes: []plan{kept, kept, kept}, tries: 1},
		"the list can't be asked for":   {list: plan{err: refused(codes.ClassUnknown, "")}, gone: "1.2.7", tries: 2},
		"the deletion's answer is lost": {deletes: []plan{lost}, gone: "1.2.7", tries: 2},
		"too many calls just now":       {deletes: []plan{{err: refused(codes.ClassRetry, "isv.call-limited")}}, gone: "1.2.7", tries: 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, e := newBench(t), activityCases()[activities.UploadVersion.Name]
			b.fakeAlipay.room, b.fakeAlipay.numbers, b.ledger.kept = 0, inDevelopment, ours
			b.fakeAlipay.plan("delete", test.deletes...)
			b.fakeAlipay.plan("list", test.list)
			again := e.again[0].(activities.UploadCall)
			again.OutOrderNo = outNo
			first := again
			first.Unsure = false
			_, tries, err := b.resolve(activities.UploadVersion.Name, first, again)
			if tries != test.tries {
				t.Errorf("resolved after %d tries, want %d", tries, test.tries)
			}
			if test.gone == "" {
				if failure := activities.FailureOf(err); failure.Class != activities.FailurePermanent || failure.Code != "DEV_VERSION_EXCEED_MAX_COUNT" || failure.Message.Code != "failure.no_room" {
					t.Errorf("ended with %v", err)
				}
				return
			}
			if err != nil || len(b.fakeAlipay.effects) != 2 || b.fakeAlipay.effect("upload") != 1 || b.fakeAlipay.effect("delete "+test.gone) != 1 {
				t.Errorf("ended with %v; effects %v, want one upload and %s deleted", err, b.fakeAlipay.effects, test.gone)
			}
		})
	}
}

// TestANumberThatIsTaken is ours when Alipay builds it: an earlier try made it.
func TestANumberThatIsTaken(t *testing.T) {
	b := newBench(t)
	b.fakeAlipay.builds[number] = gateway.Build{BuildStatus: gateway.BuildRunning}
	if _, err := b.try(activities.UploadVersion.Name, activityCases()[activities.UploadVersion.Name].input); err != nil || b.fakeAlipay.effect("upload") != 0 {
		t.Errorf("ended with %v; effects %v", err, b.fakeAlipay.effects)
	}
}

// TestAVersionThatNobodyWantsIsDeleted where the question says so and the version is in development by
// then: with its status said, and what Alipay refuses as no failure.
func TestAVersionThatNobodyWantsIsDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		from  gateway.VersionStatus
		asked bool
		err   error
		want  activities.VersionAnswer
		call  int
	}{
		"out of audit":     {gateway.VersionAuditing, true, nil, activities.VersionAnswer{Status: activities.VersionInit, Deleted: true}, 1},
		"in development":   {gateway.VersionInit, true, nil, activities.VersionAnswer{Status: activities.VersionInit, Deleted: true}, 1},
		"online":           {gateway.VersionRelease, true, nil, activities.VersionAnswer{Status: activities.VersionRelease}, 0},
		"not asked to":     {gateway.VersionAuditing, false, nil, activities.VersionAnswer{Status: activities.VersionInit}, 0},
		"an instance":      {gateway.VersionInit, true, refused(codes.ClassPermanent, "CAN_NOT_DELETE_WITH_INSTANTIATE"), activities.VersionAnswer{Status: activities.VersionInit, Kept: "CAN_NOT_DELETE_WITH_INSTANTIATE"}, 1},
		"the token is bad": {gateway.VersionInit, true, refused(codes.ClassAuthorization, "aop.invalid-app-auth-token"), activities.VersionAnswer{Status: activities.VersionInit, Kept: "aop.invalid-app-auth-token"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.fakeAlipay.version(c.from)
			if c.err != nil {
				b.fakeAlipay.plan("delete", plan{err: c.err})
			}
			question := question()
			question.Delete = c.asked
			result, err := b.try(activities.TakeBack.Name, question)
			if err != nil {
				t.Fatal(err)
			}
			var got activities.VersionAnswer
			if err := json.Unmarshal(result, &got); err != nil {
				t.Fatal(err)
			}
			if got.Status != c.want.Status || got.Deleted != c.want.Deleted || got.Kept != c.want.Kept || b.fakeAlipay.calls["delete"] != c.call {
				t.Errorf("answered %+v after %d calls, want %+v", got, b.fakeAlipay.calls["delete"], c.want)
			}
		})
	}
}
