package gateway

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
)

func TestTypedMethods(t *testing.T) {
	for _, test := range slices.Concat(templateCalls(), creationCalls(), versionCalls(), releaseCalls(), trialCalls(), tokenCalls()) {
		t.Run(test.name, func(t *testing.T) {
			gateway := answering(t, test.method, success(test.answer))
			got, err := test.call(t.Context(), gateway.client(nil))
			if err != nil {
				t.Fatal(err)
			}
			call := gateway.only()
			if diff := cmp.Diff(test.sent, call.body["biz_content"]); diff != "" {
				t.Errorf("biz_content (-want +got):\n%s", diff)
			}
			if call.query["method"] != test.method || (call.query["app_auth_token"] == string(testToken)) != test.merchant {
				t.Errorf("method %s, token %q; want %s, on behalf of a merchant %t", call.query["method"], call.query["app_auth_token"], test.method, test.merchant)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyAudit(t *testing.T) {
	gateway := answering(t, alipay.MethodAuditApply, success(`"speed_up":"false","speed_up_memo":"no quota"`))
	fields := fitSubmission(map[string]string{"service_region_info": `[{"province_code":"310000"}]`, "app_name": ""})
	logo := pngOf(t, 180, 180)
	got, err := gateway.client(nil).ApplyAudit(t.Context(), testToken, testVersion, testBundle, fields, []rules.File{{Field: "app_logo", Content: logo}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(AuditApplied{SpeedUpMemo: "no quota"}, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	call := gateway.only()
	want := map[string]string{"app_version": testVersion, "bundle_id": testBundle, "speed_up": "false",
		"version_desc": fields["version_desc"], "region_type": "CHINA", "service_region_info": `[{"province_code":"310000"}]`}
	if diff := cmp.Diff(want, call.body); diff != "" {
		t.Errorf("text parts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(logo, call.files["app_logo"].content); diff != "" {
		t.Errorf("logo (-want +got):\n%s", diff)
	}
	if len(fields) != 4 {
		t.Error("the caller's fields have been changed")
	}
}

func TestCallsThatContradictThemselvesDoNotLeave(t *testing.T) {
	gateway := newFakeGateway(t, statusWith(500, ""))
	client := gateway.client(nil)
	for name, test := range map[string]struct {
		call func() error
		want codes.Class
	}{
		"another order number in the fields": {func() error {
			_, err := client.CreateMiniProgram(t.Context(), "OUT1", json.RawMessage(`{"out_order_no":"OUT2"}`))
			return err
		}, codes.ClassFix},
		"fields twice": {func() error {
			_, err := client.CreateTrial(t.Context(), "OUT1", json.RawMessage(`{"uid":"1","uid":"2"}`))
			return err
		}, codes.ClassFix},
		"another version in the fields": {func() error {
			_, err := client.ApplyAudit(t.Context(), testToken, testVersion, "", map[string]string{"app_version": "2.0.0"}, nil)
			return err
		}, codes.ClassFix},
		"a field that belongs to the protocol": {func() error {
			_, err := client.ApplyAudit(t.Context(), testToken, testVersion, "", fitSubmission(map[string]string{"app_auth_token": "other"}), nil)
			return err
		}, codes.ClassFix},
		"no token to query": {func() error { _, err := client.QueryToken(t.Context(), ""); return err }, codes.ClassAuthorization},
		"no token to submit": {func() error {
			_, err := client.ApplyAudit(t.Context(), "", testVersion, "", nil, nil)
			return err
		}, codes.ClassAuthorization},
		"no token to go online": {func() error { return client.GoOnline(t.Context(), "", testVersion, "", false) }, codes.ClassAuthorization},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.call()
			if ClassOf(err) != test.want || !errors.Is(err, ErrNotSent) {
				t.Errorf("error %v, want class %s, not sent", err, test.want)
			}
		})
	}
	if len(gateway.calls) != 0 {
		t.Errorf("%d calls were sent", len(gateway.calls))
	}
}

// A success without its essential member was most likely carried out, so it is an unknown
// result.
func TestSuccessesThatSayTooLittle(t *testing.T) {
	for name, test := range map[string]struct {
		method, answer string
		call           func(*Client) error
	}{
		"no order_no": {alipay.MethodCreate, ``, func(c *Client) error {
			_, err := c.CreateMiniProgram(t.Context(), "OUT1", json.RawMessage(fitCreate))
			return err
		}},
		"status is an object": {alipay.MethodQuery, `"status":{}`, func(c *Client) error {
			_, err := c.QueryMiniProgramOrder(t.Context(), "ORD1")
			return err
		}},
		"a flag that is none": {alipay.MethodUpload, `"need_rotation":"perhaps"`, func(c *Client) error {
			_, err := c.UploadVersion(t.Context(), testToken, fitUpload)
			return err
		}},
		"a list that is none": {alipay.MethodVersionList, `"app_version_infos":7`, func(c *Client) error {
			_, err := c.ListVersions(t.Context(), testToken, "")
			return err
		}},
		"no token": {alipay.MethodToken, `"tokens":[]`, func(c *Client) error {
			_, err := c.ExchangeCode(t.Context(), "CODE")
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.call(answering(t, test.method, success(test.answer)).client(nil))
			var failed *Error
			if !errors.As(err, &failed) || failed.Class != codes.ClassUnknown || !errors.Is(err, ErrUnreadable) || failed.TraceID == "" {
				t.Errorf("error %v, want an unknown result with its trace", err)
			}
		})
	}
}

func TestBuildEnds(t *testing.T) {
	for _, test := range []struct {
		build        Build
		done, failed bool
	}{
		{Build{BuildStatus: BuildRunning, NeedRotation: true}, false, false},
		{Build{BuildStatus: BuildDone, CreateStatus: BuildRunning}, false, false},
		{Build{BuildStatus: BuildDone, CreateStatus: BuildCreated}, true, false},
		{Build{VersionCreated: true}, true, false},
		{Build{BuildStatus: BuildFailed}, false, true},
		{Build{BuildStatus: BuildDone, CreateStatus: BuildTimeout}, false, true},
		{Build{}, false, false},
	} {
		if test.build.Done() != test.done || test.build.Failed() != test.failed {
			t.Errorf("%+v: done %t, failed %t; want %t, %t", test.build, test.build.Done(), test.build.Failed(), test.done, test.failed)
		}
	}
}

func TestTokensDoNotPrint(t *testing.T) {
	gateway := answering(t, alipay.MethodToken, success(`"app_auth_token":"canary-token","app_refresh_token":"canary-refresh","auth_app_id":"A1"`))
	tokens, err := gateway.client(nil).ExchangeCode(t.Context(), "CODE")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(tokens) //nolint:gosec // that it shows no token is the test
	if err != nil || strings.Contains(string(text), "canary") {
		t.Errorf("tokens print as %s (%v)", text, err)
	}
}

func TestOnlyNoneMakesANameUsable(t *testing.T) {
	for code, want := range map[string]bool{"NONE": true, "DUPLICATE": false, "": false} {
		if got := (NameCheck{Code: code}).Usable(); got != want {
			t.Errorf("check_code %q: usable %t, want %t", code, got, want)
		}
	}
}

// Other packages iterate over these lists, so each value has to occur exactly once.
func TestListsOfValues(t *testing.T) {
	for name, values := range map[string][]string{
		"classes": texts(codes.Classes()), "auto fixes": texts(codes.AutoFixes()), "build states": texts(BuildStates()),
		"version statuses": texts(VersionStatuses()), "scan results": texts(ScanResults()), "experience states": texts(ExperienceStates()), "gray shares": texts(GrayShares()), "field rules": texts(rules.Kinds()),
	} {
		slices.Sort(values)
		if unique := slices.Compact(slices.Clone(values)); len(unique) != len(values) || len(values) < 3 {
			t.Errorf("%s: %v, want at least three, each once", name, values)
		}
	}
	if ParseVersionStatus("SOMETHING_NEW") != "SOMETHING_NEW" || parseScanResult("nan") != ScanRunning || parseScanResult("new") != "new" {
		t.Error("a value that is not known has to stay as it came")
	}
}

func texts[S ~string](values []S) []string {
	var all []string
	for _, value := range values {
		all = append(all, string(value))
	}
	return all
}
