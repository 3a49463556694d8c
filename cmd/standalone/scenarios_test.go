package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// Speeds of the processes that scenarios share: in life's own time only what is pushed moves an order
// within a test's patience; fast, hours pass in seconds; faster, the 26 hours until an invitation do.
const (
	inLifesTime = 1
	fast        = 1000
)

// scenario is one row of the list of scenarios in Alipay's specification (domain.md §10), by its number.
// One that another test shows names it; one that nothing shows yet is not in the list.
type scenario struct {
	number    int
	sentence  string
	elsewhere []string
	speed     int
	// rules are what merchants and reviewers do about the orders of the scenario, and faults what goes
	// wrong with their calls; both by the end of an order's number, empty for all.
	rules  []alipaysim.Rule
	faults []alipaysim.Fault
	shown  func(s *standalone, no string)
}

// scenarios are the rows.
func scenarios() []scenario {
	minute := after(time.Minute)
	return []scenario{
		{number: 1, sentence: "the authorisation before the agreement, and after it", speed: inLifesTime, rules: rule(quiet()), shown: eitherComesFirst},
		{number: 2, sentence: "an agreement eight times, twice at once", elsewhere: []string{"TestOneMessageEightTimesIsOneEffect"}},
		{number: 3, sentence: "every message lost", speed: fast,
			rules: []alipaysim.Rule{{OutOrderNo: "-lends", Merchant: &alipaysim.MerchantRule{Answer: "none"}}, unheard(prompt(time.Minute))}, shown: everyMessageLost},
		{number: 4, sentence: "the answer to create is lost", speed: fast, rules: rule(unheard(prompt(2 * time.Hour))),
			faults: []alipaysim.Fault{{Method: alipay.MethodCreate, Kind: alipaysim.FaultDropAfterCommit, Times: 1}}, shown: createIsLost},
		{number: 5, sentence: "ONGOING_ORDER_EXIST for an order of ours", speed: fast, rules: rule(prompt(time.Hour)),
			faults: []alipaysim.Fault{
				{Method: alipay.MethodCreate, Kind: alipaysim.FaultDropAfterCommit, Times: 1},
				{Method: alipay.MethodCreate, Kind: alipaysim.FaultError, SubCode: "ONGOING_ORDER_EXIST", Times: 100},
			}, shown: adoptedByMessage},
		{number: 6, sentence: "PROCESS, then TIMEOUT", speed: fast,
			rules: []alipaysim.Rule{{OutOrderNo: "-again", Merchant: &alipaysim.MerchantRule{After: minute}}, {Merchant: &alipaysim.MerchantRule{Answer: "TIMEOUT", After: minute}}},
			shown: timedOut},
		{number: 7, sentence: "the answer to upload is lost, then VERSION_HAS_EXISTED", speed: fast, rules: rule(prompt(time.Minute)),
			faults: []alipaysim.Fault{
				{Method: alipay.MethodUpload, Kind: alipaysim.FaultDropAfterCommit, Times: 1},
				{Method: alipay.MethodBuildQuery, Kind: alipaysim.FaultError, SubCode: "BUILD_VERSION_NOT_EXISTED", Times: 2},
			}, shown: uploadIsLost},
		{number: 8, sentence: "builds that succeed, fail and time out", speed: fast,
			rules: []alipaysim.Rule{builds("-ok", "ok"), builds("-failed", "fail"), builds("-late", "timeout")}, shown: buildsEnd},
		{number: 9, sentence: "a late rejection of the first attempt", speed: fast, rules: rule(reviews(after(time.Minute), "reject", "none")), shown: lateRejection},
		{number: 10, sentence: "a pass that names no version, while two exist", speed: inLifesTime, rules: rule(heard(reviews(0, "none"))), shown: passWithoutVersion},
		{number: 11, sentence: "a withdrawal races with the pass", speed: inLifesTime, rules: rule(heard(reviews(0, "none"))),
			faults: []alipaysim.Fault{{Method: alipay.MethodAuditCancel, Kind: alipaysim.FaultSlow, For: after(5 * time.Second)}}, shown: withdrawalLoses},
		{number: 12, sentence: "admitted and not promotable, by policy online", speed: fast, rules: rule(reviews(minute, "base_pass")), shown: basePassGoesOnline},
		{number: 13, sentence: "without ICP filing, waited for and limited", speed: fast, rules: rule(missing(prompt(time.Minute))), shown: withoutFiling},
		{number: 14, sentence: "online by itself", speed: fast, rules: rule(prompt(time.Minute)), shown: onlineByItself},
		{number: 15, sentence: "revoked in audit, passed meanwhile, authorised again", speed: inLifesTime, rules: rule(heard(reviews(0, "none"))), shown: revokedInAudit},
		{number: 16, sentence: "a revocation of the older token", speed: inLifesTime, rules: rule(heard(reviews(0, "none"))), shown: oldRevocation},
		{number: 17, sentence: "what the door takes, and what it refuses", elsewhere: []string{"TestAWellBehavedAlipayWithCertificatesAndEncryption"},
			speed: inLifesTime, rules: rule(quiet()), shown: whatTheDoorTakes},
		{number: 18, sentence: "a code behind unknown-sub-code", speed: fast, rules: rule(prompt(time.Minute)),
			faults: []alipaysim.Fault{{Method: alipay.MethodAuditApply, Kind: alipaysim.FaultError, SubCode: infoInAudit, Unknown: true, Times: 2}}, shown: codeIsHidden},
		{number: 19, sentence: "a storm of 40005", speed: fast, rules: rule(prompt(time.Minute)),
			faults: []alipaysim.Fault{{OutOrderNo: "-storm", Kind: alipaysim.FaultRateLimit, Times: 5}}, shown: stormOfLimits},
		{number: 20, sentence: "crashes between acceptance and processing, and between a call and its commit",
			elsewhere: []string{"TestKilledAgainAndAgainEveryOrderComesToItsEnd", "TestLivesWithKills"}},
		{number: 21, sentence: "an answer with nested braces, escaped quotes and \\/", speed: fast, rules: rule(prompt(time.Minute)),
			faults: []alipaysim.Fault{{Method: alipay.MethodCreate, Kind: alipaysim.FaultOtherAnswer, Times: 1, Set: braces()}}, shown: nestedBraces},
		{number: 22, sentence: "another version is put into audit in the console", speed: fast, rules: rule(prompt(time.Hour)), shown: anotherInAudit},
		{number: 23, sentence: "the 21st development version", speed: fast, rules: rule(prompt(time.Minute)), shown: tooManyVersions},
		{number: 24, sentence: "rolled back, and once more", speed: fast, rules: rule(prompt(time.Minute)), shown: backTwice},
	}
}

// TestScenarios shows each scenario on a real Temporal server, several beside each other.
func TestScenarios(t *testing.T) {
	t.Parallel()
	all := scenarios()
	for _, speed := range []int{inLifesTime, fast} {
		t.Run(fmt.Sprintf("%d times", speed), func(t *testing.T) {
			s := startStandalone(t, fmt.Sprintf("--speed=%d", speed), "--demo=false", "--well-behaved")
			s.set(speed, all)
			t.Run("all", func(t *testing.T) {
				for _, row := range all {
					if row.speed == speed {
						t.Run(fmt.Sprintf("%02d %s", row.number, row.sentence), func(t *testing.T) {
							t.Parallel()
							row.shown(s.in(t), row.prefix())
						})
					}
				}
			})
		})
	}
}

// TestScenariosShownElsewhereAreThere: a row that names a test which nobody has any more shows nothing.
func TestScenariosShownElsewhereAreThere(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	for _, row := range scenarios() {
		for _, test := range row.elsewhere {
			if !strings.Contains(source.String(), "func "+test+"(t *testing.T)") {
				t.Errorf("%02d is shown by %s, which is not there", row.number, test)
			}
		}
		if row.shown == nil && len(row.elsewhere) == 0 {
			t.Errorf("%02d is shown by nothing", row.number)
		}
	}
}

// prefix begins the numbers of a scenario's orders.
func (r scenario) prefix() string { return fmt.Sprintf("s%02d", r.number) }

// set has everybody behave as the scenarios of one process want it.
func (s *standalone) set(speed int, all []scenario) {
	s.t.Helper()
	var rules []alipaysim.Rule
	var faults []alipaysim.Fault
	for _, row := range all {
		if row.speed != speed {
			continue
		}
		for _, rule := range row.rules {
			rule.OutOrderNo = row.prefix() + "*" + rule.OutOrderNo
			rules = append(rules, rule)
		}
		for _, fault := range row.faults {
			fault.OutOrderNo = row.prefix() + "*" + fault.OutOrderNo
			faults = append(faults, fault)
		}
	}
	s.rules(rules...)
	s.faults(faults...)
}

func rule(one alipaysim.Rule) []alipaysim.Rule { return []alipaysim.Rule{one} }

// unheard has nothing pushed, heard everything.
func unheard(one alipaysim.Rule) alipaysim.Rule {
	one.Pushes = &alipaysim.PushRule{Off: true}
	return one
}

func heard(one alipaysim.Rule) alipaysim.Rule {
	one.Pushes = &alipaysim.PushRule{}
	return one
}

// reviews has the merchant agree at once and reviewers decide so, one attempt after the other.
func reviews(after alipaysim.Duration, results ...string) alipaysim.Rule {
	rule := prompt(0)
	rule.Audits = nil
	for _, result := range results {
		rule.Audits = append(rule.Audits, alipaysim.AuditRule{Result: result, After: after})
	}
	return rule
}

// builds has the builds of some orders end so.
func builds(suffix, result string) alipaysim.Rule {
	rule := prompt(time.Minute)
	rule.OutOrderNo, rule.Build = suffix, &alipaysim.BuildRule{After: after(time.Minute), Result: result}
	return rule
}

// done counts what calls about an order or its mini program did at Alipay, by method.
func (s *standalone) done(view order.View) map[string]int {
	s.t.Helper()
	done := map[string]int{}
	for _, call := range s.calls() {
		about, _, _ := strings.Cut(call.Key, "/")
		if call.Effect && (about == view.OutOrderNo || about == view.OrderNo && about != "" || about == view.MiniAppID && about != "") {
			done[call.Method]++
		}
	}
	return done
}

// wantDone wants calls to have had so many effects.
func (s *standalone) wantDone(view order.View, want map[string]int) {
	s.t.Helper()
	done := s.done(view)
	for method, times := range want {
		if done[method] != times {
			s.t.Errorf("%s: %s had %d effects, want %d", view.OutOrderNo, method, done[method], times)
		}
	}
}
