package alipaysim_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/alipaysim"
)

// scenario is a scenario as a client of the catalogue reads it.
type scenario struct {
	Name     string `json:"name"`
	About    string `json:"about"`
	Messages []struct {
		Message string            `json:"message"`
		Fields  map[string]string `json:"fields"`
	} `json:"messages"`
	Rule      *alipaysim.Rule `json:"rule"`
	Duplicate int             `json:"duplicate"`
	Shuffle   bool            `json:"shuffle"`
}

// TestTheScenarios reads each from the catalogue; they are written here a second time.
func TestTheScenarios(t *testing.T) {
	w := newWorld(t)
	text, err := json.Marshal(w.must("GET", "catalogue", "")["scenarios"])
	if err != nil {
		t.Fatal(err)
	}
	var scenarios []scenario
	if err := json.Unmarshal(text, &scenarios); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range scenarios {
		if one.About == "" {
			t.Errorf("%s says nothing of itself", one.Name)
		}
		got = append(got, one.Name+": "+inWords(one))
	}
	want := []string{
		"pass: confirmed PROCESS, confirmed AGREED, authorised, passed; audits pass",
		"reject-then-pass: confirmed PROCESS, confirmed AGREED, authorised, rejected, passed; audits reject pass",
		"base-pass: confirmed PROCESS, confirmed AGREED, authorised, base passed; audits base_pass",
		"revoke-and-return: confirmed PROCESS, confirmed AGREED, authorised, revoked, authorised, passed; audits pass; revoked on auditing",
		"merchant-rejects: confirmed REJECTED; the merchant REJECTED",
		"times-out: confirmed TIMEOUT; the merchant TIMEOUT",
		"trial-certified: trial WAIT_CONFIRM, trial CREATE_MINI_APP_SUCCESS, authorised, trial CERTIFY_OPERATOR, trial CERTIFY_MERCHANT, trial CERTIFY_SUCCESS, passed; certified in 3 steps",
		"duplicate-storm: confirmed PROCESS, confirmed AGREED, authorised, passed; 9 times each; audits pass",
		"shuffle: confirmed PROCESS, confirmed AGREED, authorised, rejected, passed; in any order; audits pass",
		"late-after-end: confirmed PROCESS, confirmed AGREED, authorised, passed, confirmed AGREED, rejected",
		"lost-pushes: audits pass; no pushes",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func inWords(one scenario) string {
	short := map[string]string{
		"alipay.open.mini.merchant.confirmed": "confirmed", "alipay.open.mini.merchant.fastregister.changed": "trial",
		"open_app_auth_notify": "authorised", "alipay.open.mini.version.audit.passed": "passed",
		"alipay.open.mini.version.audit.rejected": "rejected", "alipay.open.mini.version.baseaudit.passed": "base passed",
		"alipay.open.auth.appauth.cancelled": "revoked",
	}
	var messages, parts []string
	for _, line := range one.Messages {
		messages = append(messages, strings.TrimSpace(short[line.Message]+" "+line.Fields["status"]))
	}
	if len(messages) > 0 {
		parts = append(parts, strings.Join(messages, ", "))
	}
	if one.Duplicate > 0 {
		parts = append(parts, strconv.Itoa(one.Duplicate+1)+" times each")
	}
	if one.Shuffle {
		parts = append(parts, "in any order")
	}
	if one.Rule != nil {
		parts = append(parts, ruleInWords(*one.Rule)...)
	}
	return strings.Join(parts, "; ")
}

// ruleInWords is what merchants and reviewers do by a rule.
func ruleInWords(rule alipaysim.Rule) (parts []string) {
	if rule.Merchant != nil {
		parts = append(parts, "the merchant "+rule.Merchant.Answer)
	}
	if len(rule.Audits) > 0 {
		audits := "audits"
		for _, audit := range rule.Audits {
			audits += " " + audit.Result
		}
		parts = append(parts, audits)
	}
	if rule.Revoke != nil {
		parts = append(parts, "revoked on "+rule.Revoke.On)
	}
	if len(rule.Certify) > 0 {
		parts = append(parts, "certified in "+strconv.Itoa(len(rule.Certify))+" steps")
	}
	if rule.Pushes != nil && rule.Pushes.Off {
		parts = append(parts, "no pushes")
	}
	return parts
}
