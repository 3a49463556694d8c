package activities_test

import (
	"testing"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestAnotherVersionInThePipeline is left alone and named with where it stands, whoever uploaded it; a
// rejected one of Miniflow's own that no order needs is taken back, and the submission made again.
func TestAnotherVersionInThePipeline(t *testing.T) {
	busy := plan{err: refused(codes.ClassWait, "CAN_NOT_SUBMIT_WITH_AUDIT_GRAY")}
	const other = "1.2.9"
	for name, c := range map[string]struct {
		status  gateway.VersionStatus
		records []order.VersionReservation
		list    plan
		says    string // the code of the sentence; empty where it is submitted all the same
		args    int
		back    int
	}{
		"the merchant's":                     {gateway.VersionAuditing, nil, plan{}, order.ForeignVersion, 2, 0},
		"the merchant's, rejected":           {gateway.VersionAuditReject, nil, plan{}, order.ForeignVersion, 2, 0},
		"the merchant's, under our number":   {gateway.VersionAuditReject, one(recorded(other, anotherClient, ended)), plan{}, order.ForeignVersion, 2, 0},
		"of an order that runs":              {gateway.VersionAuditReject, one(recorded(other, anothers)), plan{}, order.OthersVersion, 3, 0},
		"of an order that has ended":         {gateway.VersionWaitRelease, one(recorded(other, anothers, ended)), plan{}, order.OthersVersion, 3, 0},
		"of one that has ended, rejected":    {gateway.VersionAuditReject, one(recorded(other, anothers, ended)), plan{}, "", 0, 1},
		"of this order before, rejected":     {gateway.VersionAuditReject, one(recorded(other)), plan{}, "", 0, 1},
		"none that Alipay shows":             {gateway.VersionInit, nil, plan{}, "failure.said", 2, 0},
		"Alipay can't be asked for the list": {gateway.VersionAuditing, nil, plan{err: refused(codes.ClassUnknown, "")}, "failure.said", 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.fakeAlipay.version(gateway.VersionInit)
			b.fakeAlipay.versions[other] = &gateway.VersionDetail{Status: c.status}
			b.fakeAlipay.numbers = []gateway.VersionInfo{{AppVersion: number, Status: gateway.VersionInit}, {AppVersion: other, Status: c.status}}
			b.ledger.kept = c.records
			b.fakeAlipay.plan("apply", busy)
			b.fakeAlipay.plan("list", c.list)
			question := question()
			question.BundleID = order.DefaultBundleID
			_, err := b.try(activities.SubmitAudit.Name, activities.SubmitCall{
				Question: question, Fields: []order.Sealed{`{"fields":{}}`}, OutOrderNo: outNo,
			})
			if b.fakeAlipay.calls["take back"] != c.back {
				t.Errorf("calls: %v", b.fakeAlipay.calls)
			}
			if c.says == "" {
				if err != nil || b.fakeAlipay.effect("apply") != 1 {
					t.Errorf("ended with %v; %v", err, b.fakeAlipay.effects)
				}
				return
			}
			failure := failureOf(t, err)
			if failure.Class != activities.FailureWait || failure.Code != "CAN_NOT_SUBMIT_WITH_AUDIT_GRAY" || failure.Message.Code != c.says || len(failure.Message.Args) != c.args {
				t.Errorf("ended with %+v", failure)
			}
		})
	}
}
