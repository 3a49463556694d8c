package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
)

// TestWhatTriggerLists : every message of the catalogue, by its whole name, and
// the scenarios, which are told here a second time.
func TestWhatTriggerLists(t *testing.T) {
	p := newProgram(t)
	listed := asks[listView](p, exitOK, "trigger")
	var messages, stories []string
	for _, one := range listed.Messages {
		messages = append(messages, one.Name)
	}
	for _, one := range listed.Scenarios {
		story, known := scenarioNamed(one.Name)
		if !known || one.About == "" || len(story.messages) == 0 && story.rule == nil {
			t.Errorf("%s is listed and can't be played: %+v", one.Name, one)
		}
		stories = append(stories, one.Name+": "+told(story))
	}
	slices.Sort(messages)
	names := append(alipay.MessageNames(), alipay.MessageOpenAppAuth, alipay.MessageServiceMarketOrder) // and the 1.0 layout
	slices.Sort(names)
	if diff := cmp.Diff(names, messages); diff != "" {
		t.Errorf("messages (-catalogue +listed):\n%s", diff)
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
	if diff := cmp.Diff(want, stories); diff != "" {
		t.Errorf("scenarios (-want +listed):\n%s", diff)
	}
}

// told is a scenario in words.
func told(story scenario) string {
	short := map[string]string{
		alipay.MessageMerchantConfirmed: "confirmed", alipay.MessageFastRegisterChanged: "trial", alipay.MessageOpenAppAuth: "authorised",
		alipay.MessageVersionAuditPassed: "passed", alipay.MessageVersionAuditRejected: "rejected",
		alipay.MessageVersionBaseAuditPassed: "base passed", alipay.MessageAppAuthCancelled: "revoked",
	}
	var lines, parts []string
	for _, line := range story.messages {
		words := short[line.message]
		if status, _ := line.changes["status"].(string); status != "" {
			words += " " + status
		}
		lines = append(lines, words)
	}
	if len(lines) > 0 {
		parts = append(parts, strings.Join(lines, ", "))
	}
	if story.duplicate > 0 {
		parts = append(parts, strconv.Itoa(story.duplicate+1)+" times each")
	}
	if story.shuffle {
		parts = append(parts, "in any order")
	}
	if story.rule != nil {
		parts = append(parts, acted(*story.rule)...)
	}
	return strings.Join(parts, "; ")
}

// acted is what merchants and reviewers do by a rule.
func acted(rule alipaysim.Rule) (parts []string) {
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
