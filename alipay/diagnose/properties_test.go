package diagnose_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"miniflow/alipay/diagnose"
)

func TestEveryCauseIsPutIntoWords(t *testing.T) {
	for _, cause := range diagnose.Causes() {
		if f := (diagnose.Finding{Cause: cause}); f.Says() == "" || f.Advice() == "" {
			t.Errorf("%s has no words", cause)
		}
	}
	if unknown := (diagnose.Finding{Cause: "?"}); unknown.Says() != "" {
		t.Errorf("an unknown cause says %q", unknown.Says())
	}
}

// TestAnyTextIsExplained uses texts that nobody meant as a message, and damages that no rule
// knows: there is always a finding, of a known cause.
func TestAnyTextIsExplained(t *testing.T) {
	b := newBench(t)
	good := b.plussed(message{[][2]string{{"app_id", appID}, {"charset", "UTF-8"}, {"notify_id", "1"}, {"sign_type", "RSA2"}}}).form()
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.OneOf(
			rapid.String(),
			rapid.StringMatching(`(sign|app_id|a|%|\+|&|=|\{|"|<|\n| ){0,40}`),
			rapid.Custom(func(r *rapid.T) string {
				at := rapid.IntRange(0, len(good)).Draw(r, "at")
				return good[:at] + rapid.StringN(1, 4, -1).Draw(r, "inserted") + good[at:]
			}),
			rapid.Custom(func(r *rapid.T) string { return good[:rapid.IntRange(0, len(good)-1).Draw(r, "end")] }),
		).Draw(r, "text")
		answer, err := diagnose.Ask(diagnose.Question{Text: []byte(text), Apps: b.apps()})
		if err != nil {
			r.Fatal(err)
		}
		if answer.Notification != nil && answer.Notification.NotifyID == "" || answer.Notification == nil && len(answer.Findings) == 0 {
			r.Fatalf("no answer for %q", text)
		}
		for _, f := range answer.Findings {
			if !slices.Contains(diagnose.Causes(), f.Cause) {
				r.Fatalf("unknown cause %q", f.Cause)
			}
		}
	})
}

// TestFindingsHoldNoValues looks for values of the message in the findings, because people
// paste those into tickets.
func TestFindingsHoldNoValues(t *testing.T) {
	b := newBench(t)
	const secret = "202611BBtokenOfTheMerchant"
	good := b.plussed(from().with("biz_content", `{"app_auth_token":"`+secret+`","a":" + "}`))
	for _, text := range []string{
		good.decoded(), good.with("biz_content", secret).form(), good.form()[:200],
		strings.ReplaceAll(good.form(), "%22", "%26quot%3B"), good.with(secret, "1").with("sign", "x").form(),
	} {
		if said := fmt.Sprintf("%+v", b.ask(text, b.apps()).Findings); strings.Contains(said, secret) {
			t.Errorf("a value is in %s", said)
		}
	}
}

// TestALargeForgeryCostsBoundedWork repeats a genuine signature over a large text of many
// parameters.
func TestALargeForgeryCostsBoundedWork(t *testing.T) {
	b := newBench(t)
	text := b.signed(from()).form() + strings.Repeat("&x=+", 100) + "&y=" + strings.Repeat("+", 900_000)
	if got := found(b.ask(text, b.apps()).Findings); len(got) == 0 {
		t.Error("no finding")
	}
	if got := found(b.ask(strings.Repeat("&", 3<<20)+"a=b", b.apps()).Findings); got[0] != "malformed" {
		t.Errorf("a huge text is %v", got)
	}
}
