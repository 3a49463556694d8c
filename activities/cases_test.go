package activities_test

import (
	"maps"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

// activityCase is an activity that calls Alipay, for the tests that hold for all of them.
type activityCase struct {
	input any
	// method is the call of the fakeAlipay's that is made to fail.
	method string
	// effect is what happens at Alipay at most once; empty for a question.
	effect string
	// ready is the truth on which the activity succeeds at once, and want its result.
	ready func(*fakeAlipay)
	want  any
	// pending is the truth while a poll waits, and says what its waiting says.
	pending func(*fakeAlipay)
	says    string
	// prefix is the part of the order that Alipay's fields belong to.
	prefix string
	// polls marks a question that is asked again by its schedule.
	polls bool
	// watches marks a question that no refusal ends: it is asked again when it would have been.
	watches bool
	// byItself marks a call that carries no merchant's token.
	byItself bool
	// again is the input of an act whose answer was lost; empty is the same.
	again []any
	// doubts is what becomes of an answer that only a question could resolve.
	doubts doubts
}

// doubts is what becomes of a refusal of codes.ClassQuery.
type doubts int

const (
	doubtsFail      doubts = iota // a person has to look
	doubtsWait                    // asked again
	doubtsTraceless               // nothing was done: the order may make the same call again
)

var slow = order.Schedule{{Every: 2 * time.Minute, Times: 2}, {Every: 20 * time.Minute}}

var pacing = activities.Pacing{Schedule: slow, Again: order.Schedule{{Every: 7 * time.Second, Times: 1}, {Every: time.Minute}}}

func question() activities.VersionQuestion {
	return activities.VersionQuestion{AppID: appID, MiniAppID: miniAppID, BundleID: "b", AppVersion: number}
}

func awaiting(while ...activities.VersionStatus) activities.VersionQuestion {
	q := question()
	q.While, q.Pacing = while, pacing
	return q
}

func standing(status gateway.VersionStatus) func(*fakeAlipay) {
	return func(o *fakeAlipay) { o.version(status) }
}

func stands(status activities.VersionStatus) activities.VersionAnswer {
	return activities.VersionAnswer{Status: status, Scan: "NAN"}
}

func merchantQuestion(kind order.Kind) activities.MerchantQuestion {
	return activities.MerchantQuestion{AppID: appID, Kind: kind, OrderNo: orderNo, Pacing: pacing}
}

// activityCases has every activity that calls Alipay.
func activityCases() map[string]activityCase {
	all := map[string]activityCase{}
	for _, part := range []map[string]activityCase{merchantCases(), buildCases(), auditCases(), experienceCases(), tokenCases()} {
		maps.Copy(all, part)
	}
	return all
}

func merchantCases() map[string]activityCase {
	create := activities.CreateCall{AppID: appID, OutOrderNo: outNo, Kind: order.KindFormal, Create: []order.Sealed{`{"app_name":"店"}`}}
	agreed := activities.MerchantAnswer{
		Status: order.MerchantAgreed, OutOrderNo: outNo, MiniAppID: miniAppID, Certification: order.CertificationNone,
	}
	verifying := agreed
	verifying.Certification = order.CertificationOperator
	return map[string]activityCase{
		activities.CreateMiniProgram.Name: {
			input: create, method: "create", effect: "create", prefix: "create", byItself: true,
			want: activities.Created{OrderNo: orderNo},
		},
		activities.CertifyTrial.Name: {
			input:  activities.CertifyCall{AppID: appID, OrderNo: orderNo, Create: []order.Sealed{`{"cert_name":"店"}`}},
			method: "certify", effect: "certify", prefix: "create", byItself: true,
			ready: func(o *fakeAlipay) { o.registration = alipay.FastRegisterCreated }, want: activities.Certified{MerchantAnswer: verifying},
		},
		activities.Invite.Name: {
			input:  activities.InviteCall{AppID: appID, MiniAppID: miniAppID, OutOrderNo: outNo},
			method: "invite", effect: "invite", byItself: true,
			want: activities.Invited{URL: "https://invite.example/" + miniAppID},
		},
		activities.AwaitMerchant.Name: {
			input: merchantQuestion(order.KindFormal), method: "query", polls: true, byItself: true, doubts: doubtsWait,
			ready: func(o *fakeAlipay) { o.merchant = alipay.MerchantAgreed }, want: agreed,
			says: "asked for the merchant's answer: none yet",
		},
		activities.AwaitCertification.Name: {
			input: merchantQuestion(order.KindTrial), method: "query", polls: true, byItself: true, doubts: doubtsWait,
			ready: func(o *fakeAlipay) { o.registration = alipay.FastRegisterCertifyOperator }, want: verifying,
			says: "asked for the certification: none",
		},
		activities.LookAfterEnd.Name: {
			input: merchantQuestion(order.KindFormal), method: "query", polls: true, byItself: true, doubts: doubtsWait,
			ready: func(o *fakeAlipay) { o.merchant = alipay.MerchantAgreed }, want: agreed,
			says: "asked whether the mini program exists: waiting",
		},
	}
}

func buildCases() map[string]activityCase {
	upload := activities.UploadCall{AppID: appID, MiniAppID: miniAppID, Version: order.Version{TemplateID: "T", AppVersion: number}}
	unsure := upload
	unsure.Unsure = true
	unknown := awaiting()
	unknown.AppVersion = ""
	return map[string]activityCase{
		activities.ReserveVersion.Name: {
			input:  activities.NumberCall{AppID: appID, MiniAppID: miniAppID, OutOrderNo: outNo, Version: order.Version{TemplateID: "T"}},
			method: "list", prefix: "version", want: activities.Number{AppVersion: number},
			ready: func(o *fakeAlipay) { o.numbers = []gateway.VersionInfo{{AppVersion: "1.2.9"}, {AppVersion: "1.1.30"}} },
		},
		activities.BuildVersion.Name: {
			input: activities.BuildCall{Number: activities.NumberCall{
				AppID: appID, MiniAppID: miniAppID, OutOrderNo: outNo, Version: order.Version{TemplateID: "T"},
			}},
			method: "upload", effect: "upload", prefix: "version", doubts: doubtsTraceless,
			want:  activities.Number{AppVersion: number, Uploaded: true},
			ready: func(o *fakeAlipay) { o.numbers = []gateway.VersionInfo{{AppVersion: "1.2.9"}} },
		},
		activities.UploadVersion.Name: {
			input: upload, again: []any{unsure}, method: "upload", effect: "upload", prefix: "version", doubts: doubtsTraceless,
			want: activities.Uploaded{},
		},
		activities.AwaitBuild.Name: {
			input: awaiting(), method: "build", prefix: "version", polls: true, doubts: doubtsWait,
			ready:   func(o *fakeAlipay) { o.builds[number] = gateway.Build{CreateStatus: gateway.BuildCreated} },
			want:    activities.BuildAnswer{State: activities.BuildDone},
			pending: func(o *fakeAlipay) { o.builds[number] = gateway.Build{BuildStatus: gateway.BuildRunning} },
			says:    "asked how the build stands: 1",
		},
		activities.FollowVersion.Name: {
			input: activities.FollowCall{Question: unknown}, method: "list", prefix: "version", polls: true, doubts: doubtsWait,
			ready: func(o *fakeAlipay) {
				o.version(gateway.VersionAuditing)
				o.numbers = []gateway.VersionInfo{{AppVersion: number, Status: gateway.VersionAuditing}}
			},
			want: activities.Followed{AppVersion: number, Truth: stands(activities.VersionAuditing)},
			says: "asked for the versions: the other system has uploaded none",
		},
		activities.AwaitScan.Name: {
			input: awaiting(), method: "detail", prefix: "version", polls: true, doubts: doubtsWait,
			ready:   func(o *fakeAlipay) { o.version(gateway.VersionInit).ScanResult = gateway.ScanPassed },
			want:    activities.VersionAnswer{Status: activities.VersionInit, Scan: "True"},
			pending: standing(gateway.VersionInit), says: "asked for the security scan: running",
		},
	}
}

func auditCases() map[string]activityCase {
	submit := activities.SubmitCall{Question: question(), Fields: []order.Sealed{`{"fields":{"version_desc":"x"}}`}}
	result := activityCase{
		input: awaiting(activities.VersionAuditing), method: "detail", prefix: "version", polls: true, doubts: doubtsWait,
		ready: standing(gateway.VersionWaitRelease), want: stands(activities.VersionWaitRelease),
		pending: standing(gateway.VersionAuditing), says: "asked for the version's status: AUDITING",
	}
	return map[string]activityCase{
		activities.AwaitFiling.Name: {
			input:  activities.FilingQuestion{Version: awaiting(activities.VersionWaitRelease)},
			method: "detail", prefix: "version", polls: true, doubts: doubtsWait,
			ready: func(o *fakeAlipay) {
				o.version(gateway.VersionWaitRelease)
				o.filing = gateway.Filing{Status: gateway.FilingSecurityReject, Description: "资料不清晰"}
			},
			want: activities.FilingAnswer{
				Version: stands(activities.VersionWaitRelease), Status: "SECURITY_AUDIT_REJECT", Message: "资料不清晰",
			},
			pending: standing(gateway.VersionWaitRelease), says: "asked for the ICP filing: nothing said",
		},
		activities.SubmitAudit.Name: {
			input: submit, method: "apply", effect: "apply", prefix: "submission", doubts: doubtsTraceless,
			ready: standing(gateway.VersionInit), want: stands(activities.VersionAuditing),
		},
		activities.AwaitAuditResult.Name: result,
		activities.AwaitChange.Name:      result,
		activities.AwaitRelease.Name:     result,
		activities.CancelAudit.Name: {
			input: question(), method: "cancel", effect: "cancel", prefix: "version", doubts: doubtsTraceless,
			ready: standing(gateway.VersionAuditing), want: stands(activities.VersionInit),
		},
		activities.TakeBack.Name: {
			input: question(), method: "take back", effect: "take back", prefix: "version", doubts: doubtsTraceless,
			ready: standing(gateway.VersionAuditReject), want: stands(activities.VersionInit),
		},
		activities.PutOnline.Name: {
			input: activities.ReleaseCall{Question: question()}, method: "online", effect: "online", prefix: "submission", doubts: doubtsTraceless,
			ready: standing(gateway.VersionWaitRelease), want: stands(activities.VersionRelease),
		},
	}
}

func tokenCases() map[string]activityCase {
	token := activities.TokenQuestion{AppID: appID, MiniAppID: miniAppID, Fingerprint: "f-T1", Pacing: pacing}
	return map[string]activityCase{
		activities.CheckToken.Name: {
			input: token, method: "token", prefix: "authorization", byItself: true, want: activities.TokenAnswer{Valid: true},
		},
		activities.AwaitRevocation.Name: {
			input: token, method: "token", prefix: "authorization", polls: true, watches: true, byItself: true, doubts: doubtsWait,
			ready: func(o *fakeAlipay) { o.token = "another" }, want: activities.TokenAnswer{},
			says: "asked whether the token is valid: it is",
		},
	}
}

// eachCase runs a test for every activity that calls Alipay, each with an fakeAlipay of its own.
func eachCase(t *testing.T, test func(*testing.T, string, activityCase, *bench)) {
	for name, e := range activityCases() {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if e.ready != nil {
				e.ready(b.fakeAlipay)
			}
			test(t, name, e, b)
		})
	}
}
