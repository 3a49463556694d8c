package activities_test

import (
	"encoding/base64"
	"testing"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

func creating(kind order.Kind, layers ...order.Sealed) activities.CreateCall {
	return activities.CreateCall{AppID: appID, OutOrderNo: outNo, Kind: kind, Create: layers}
}

func TestATrialGivesAnAddressForTheMerchant(t *testing.T) {
	b := newBench(t)
	result, err := b.try(activities.CreateMiniProgram.Name, creating(order.KindTrial, `{"uid":"2088"}`))
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, result, activities.Created{OrderNo: orderNo, AuthorizeURL: "https://authorize.example/1"})
}

// TestTheFieldsOfACreation: later layers win, and the licence's picture is embedded.
func TestTheFieldsOfACreation(t *testing.T) {
	b := newBench(t)
	b.files["https://files.example/licence"] = "JPEG"
	_, err := b.try(activities.CreateMiniProgram.Name, creating(order.KindFormal,
		`{"app_name":"店","cert_no":"1","license_pic":{"url":"https://files.example/licence","sha256":"x"}}`, `{"app_name":"小店"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"app_name":"小店","cert_no":"1","license_pic":"` + base64.StdEncoding.EncodeToString([]byte("JPEG")) + `"}`
	if got := b.fakeAlipay.sent["create"]; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
}

// TestFilesThatWereHandedIn are read by their app and their hash.
func TestFilesThatWereHandedIn(t *testing.T) {
	b := newBench(t)
	b.files[appID+"/aa"], b.files[appID+"/bb"] = "JPEG", "PNG"
	if _, err := b.try(activities.CreateMiniProgram.Name, creating(order.KindFormal, `{"license_pic":{"sha256":"aa"}}`)); err != nil {
		t.Fatal(err)
	}
	if got, want := b.fakeAlipay.sent["create"], `{"license_pic":"`+base64.StdEncoding.EncodeToString([]byte("JPEG"))+`"}`; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	b.fakeAlipay.version(gateway.VersionInit)
	submit := activities.SubmitCall{Question: question(), Fields: []order.Sealed{`{"files":{"app_logo":{"sha256":"bb"}}}`}}
	if _, err := b.try(activities.SubmitAudit.Name, submit); err != nil || b.fakeAlipay.effect("apply") != 1 {
		t.Errorf("submitted %v, %v", b.fakeAlipay.effects, err)
	}
}

// TestALicenceThatNamesNoFile is Alipay's to judge: what is embedded already, and a reference that is none, are sent as they are.
func TestALicenceThatNamesNoFile(t *testing.T) {
	for _, block := range []string{
		`{"license_pic":"SlBFRw=="}`, `{"license_pic":{"page":"x"}}`, `{"license_pic":{"url":"https://files.example/licence","sha256":5}}`, `{"license_pic":null}`,
	} {
		b := newBench(t)
		b.files["https://files.example/licence"], b.files[""] = "JPEG", "JPEG"
		if _, err := b.try(activities.CreateMiniProgram.Name, creating(order.KindFormal, order.Sealed(block))); err != nil {
			t.Fatal(err)
		}
		if got := b.fakeAlipay.sent["create"]; got != block {
			t.Errorf("sent %s instead of %s", got, block)
		}
	}
}

// TestWhatCanNotBeSent asks for a person before Alipay hears anything.
func TestWhatCanNotBeSent(t *testing.T) {
	submitting := func(block order.Sealed) activities.SubmitCall {
		return activities.SubmitCall{Question: question(), Fields: []order.Sealed{block}}
	}
	tests := map[string]struct {
		name  string
		input any
		class activities.FailureClass
		code  string
		field string
	}{
		"create that no key opens": {activities.CreateMiniProgram.Name, creating(order.KindFormal, "lost"),
			activities.FailurePermanent, "UNSEAL_FAILED", ""},
		"create that is no object": {activities.CreateMiniProgram.Name, creating(order.KindFormal, `[]`),
			activities.FailureFix, "CREATE_UNREADABLE", "create"},
		"a licence that is gone": {activities.CreateMiniProgram.Name, creating(order.KindFormal, `{"license_pic":{"url":"https://files.example/gone"}}`),
			activities.FailureFix, "FILE_UNUSABLE", "create.license_pic"},
		"a submission that no key opens": {activities.SubmitAudit.Name, submitting("lost"),
			activities.FailurePermanent, "UNSEAL_FAILED", ""},
		"a submission that is no object": {activities.SubmitAudit.Name, submitting(`[]`),
			activities.FailureFix, "SUBMISSION_UNREADABLE", "submission"},
		"a logo that is gone": {activities.SubmitAudit.Name, submitting(`{"files":{"app_logo":{"url":"https://files.example/gone"}}}`),
			activities.FailureFix, "FILE_UNUSABLE", "submission.files.app_logo"},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			b := newBench(t)
			b.fakeAlipay.version(gateway.VersionInit)
			_, err := b.try(test.name, test.input)
			failure := activities.FailureOf(err)
			if retryable(err) || failure.Class != test.class || failure.Code != test.code {
				t.Errorf("ended with %v", err)
			}
			if test.field != "" && (len(failure.Fields) != 1 || failure.Fields[0] != test.field) {
				t.Errorf("fields %v", failure.Fields)
			}
			if len(b.fakeAlipay.effects) != 0 {
				t.Errorf("effects %v", b.fakeAlipay.effects)
			}
		})
	}
}

// TestAFileThatDoesNotComeNow is fetched again, when the order makes the call again.
func TestAFileThatDoesNotComeNow(t *testing.T) {
	b := newBench(t)
	b.files["https://files.example/slow"] = ""
	_, err := b.try(activities.CreateMiniProgram.Name, creating(order.KindFormal, `{"license_pic":{"url":"https://files.example/slow"}}`))
	if !unknown(err) || b.fakeAlipay.effect("create") != 0 {
		t.Errorf("ended with %v", err)
	}
}
