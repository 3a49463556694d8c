package order_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"miniflow/order"
)

var update = flag.Bool("update", false, "write the matrix and the drawings anew")

// TestTransitionsArePlaced walks every stage and every event. A new constant, or
// a changed row, differs from the written matrix until someone has placed it.
func TestTransitionsArePlaced(t *testing.T) {
	var got strings.Builder
	for _, from := range order.Stages() {
		for _, on := range order.Events() {
			to, ok := order.Next(from, on)
			if !ok {
				if to != from {
					t.Errorf("%s on %s is refused and yet moves to %s", from, on, to)
				}
				to = "-"
			}
			fmt.Fprintf(&got, "%s %s %s\n", from, on, to)
		}
	}
	if *update {
		write(t, "testdata/transitions.txt", got.String())
	}
	want, err := os.ReadFile("testdata/transitions.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the transition table differs from testdata/transitions.txt; place the change there:\n%s", got.String())
	}
}

func TestEndsAreEnds(t *testing.T) {
	for _, move := range order.Moves() {
		if move.From.Ended() {
			t.Errorf("%s is an end and yet moves to %s on %s", move.From, move.To, move.On)
		}
	}
	for _, stage := range order.Stages() {
		if !reachable(order.StageCreating)[stage] {
			t.Errorf("%s can't be reached", stage)
		}
		if !stage.Ended() && !endable(stage) {
			t.Errorf("%s leads to no end", stage)
		}
	}
}

func reachable(from order.Stage) map[order.Stage]bool {
	seen := map[order.Stage]bool{from: true}
	for grown := true; grown; {
		grown = false
		for _, move := range order.Moves() {
			if seen[move.From] && !seen[move.To] {
				seen[move.To], grown = true, true
			}
		}
	}
	return seen
}

func endable(stage order.Stage) bool {
	for end := range reachable(stage) {
		if end.Ended() {
			return true
		}
	}
	return false
}

// TestFlagsArePlaced holds that each flag has one row, a life, a stage, and a reason.
func TestFlagsArePlaced(t *testing.T) {
	known := map[string]bool{}
	for _, flag := range order.Flags() {
		if known[flag.Name] || !slices.Contains(order.FlagLives(), flag.Life) || len(flag.Stages) == 0 || flag.Set == "" {
			t.Errorf("%+v is not a row", flag)
		}
		known[flag.Name] = true
	}
}

// TestDiagramInDocs fails when the drawings in the docs are not the tables'.
func TestDiagramInDocs(t *testing.T) {
	for _, page := range []string{"../docs/states.md", "../docs/states.zh-CN.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			text = regexp.MustCompile("(?s)```mermaid\n.*?```\n").ReplaceAll(text, []byte("```mermaid\n"+order.Diagram()+"```\n"))
			text = regexp.MustCompile(`(?m)^\| flag \| life \|(.*\n)(\|.*\n)*`).ReplaceAllLiteral(text, []byte(order.FlagTable()))
			write(t, page, string(text))
		}
		for _, drawing := range []string{"```mermaid\n" + order.Diagram() + "```\n", "\n\n" + order.FlagTable() + "\n"} {
			if !strings.Contains(string(text), drawing) {
				t.Errorf("%s does not show this of the tables; run `make docs`:\n%s", page, drawing)
			}
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCommandsFitTheSituation(t *testing.T) {
	tests := []struct {
		name string
		at   order.Situation
		want string
	}{
		{"creating by itself", order.Situation{Stage: order.StageCreating}, "refresh cancel"},
		{"created by the ISV", order.Situation{Stage: order.StageCreating, Policy: order.Policy{Create: order.StepExternal}}, "provide-input refresh cancel"},
		{"a field was refused", order.Situation{Stage: order.StageCreating, Hold: order.HoldNeedsInput}, "provide-input refresh retry cancel give-up"},
		{"waits for approval", order.Situation{Stage: order.StageReleasing, Hold: order.HoldNeedsApproval}, "approve refresh cancel"},
		{"waits for the token", order.Situation{Stage: order.StageAwaitingAuthorization}, "cancel"},
		{"in audit", order.Situation{Stage: order.StageAuditing}, "withdraw refresh cancel"},
		{"in audit, revoked", order.Situation{Stage: order.StageAuditing, Hold: order.HoldAuthorizationRevoked}, "refresh retry cancel"},
		{"rejected", order.Situation{Stage: order.StageAuditRejected}, "resubmit refresh cancel"},
		{"admitted, not promotable", order.Situation{Stage: order.StageBasePassed}, "decide-base-pass refresh cancel"},
		{"scan failed", order.Situation{Stage: order.StageScanning, Hold: order.HoldNeedsOperator}, "provide-input resubmit refresh retry cancel give-up"},
		{"a call is under way", order.Situation{Stage: order.StageSubmitting, Call: "audit.apply"}, "refresh cancel"},
		{"a call pauses", order.Situation{Stage: order.StageSubmitting, Call: "audit.apply", Paused: "audit.apply"}, "refresh retry cancel"},
		{"cancelled, and Alipay does not let go", order.Situation{Stage: order.StageAuditing, CancelRequested: true, Hold: order.HoldNeedsOperator}, "refresh retry give-up"},
		{"being cancelled", order.Situation{Stage: order.StageAwaitingMerchant, CancelRequested: true}, "refresh"},
		{"ended", order.Situation{Stage: order.StageOnline}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, command := range test.at.Commands() {
				got = append(got, string(command))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("commands are %q, want %q", strings.Join(got, " "), test.want)
			}
			for _, command := range order.Commands() {
				var refusal *order.Refusal
				if err := test.at.Refuse(command); err != nil && (!errors.As(err, &refusal) || refusal.Why.IsZero()) {
					t.Errorf("%s is refused without a reason: %v", command, err)
				}
			}
		})
	}
}

// TestEverySituationHasWords: a new stage or hold without a sentence is seen here.
func TestEverySituationHasWords(t *testing.T) {
	for _, stage := range order.Stages() {
		s := order.Situation{Stage: stage}
		if s.WaitingFor().String() == "" || s.Next().String() == "" {
			t.Errorf("%s has no words", stage)
		}
	}
	for _, hold := range order.HoldKinds() {
		if s := (order.Situation{Stage: order.StageSubmitting, Hold: hold}); s.WaitingFor().String() == "" {
			t.Errorf("hold %s has no words", hold)
		}
	}
}

func TestSchedule(t *testing.T) {
	var s order.Schedule
	if err := s.UnmarshalText([]byte("1m*2 10m*3 1h")); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{time.Minute, time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute, time.Hour, time.Hour}
	for i, delay := range want {
		if got := s.Delay(i + 1); got != delay {
			t.Errorf("delay %d is %s, want %s", i+1, got, delay)
		}
	}
	for _, bad := range []string{"", "soon", "1m*", "1m*0", "-1m", "1m*x 1h"} {
		if err := s.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read as a schedule", bad)
		}
	}
}

func TestSchedulesTravelAsJSON(t *testing.T) {
	for _, speed := range []float64{1, 60, 1000} {
		want := order.DefaultSchedules().Divide(speed)
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got order.Schedules
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if got.Confirm.Delay(1) != want.Confirm.Delay(1) || got.Audit.Delay(200) != want.Audit.Delay(200) ||
			got.Watchdogs[order.StageAuditing] != want.Watchdogs[order.StageAuditing] || got.AgreeFor != want.AgreeFor {
			t.Errorf("at speed %v the schedules came back as %s", speed, text)
		}
		if got.Build.Delay(1) < 250*time.Millisecond {
			t.Errorf("at speed %v a build is polled each %s", speed, got.Build.Delay(1))
		}
	}
}

func TestIDs(t *testing.T) {
	first := order.ConflictWorkflowID(order.NotificationKey{AppID: "1", NotifyID: "n", Digest: strings.Repeat("a", 64)})
	other := order.ConflictWorkflowID(order.NotificationKey{AppID: "1", NotifyID: "n", Digest: strings.Repeat("b", 64)})
	if first == other {
		t.Error("two impostors of one id share a delivery")
	}
}

// TestAnyIDFromOutsideNamesAWorkflow: Temporal's client refuses ids that no gRPC
// header can hold, and the workflows of two ids must never be one.
func TestAnyIDFromOutsideNamesAWorkflow(t *testing.T) {
	seen := map[string]string{}
	for _, id := range []string{"n1", "2021000000000777", "小程序", "a b", "a", "a ", " a", "a/copy", "a/conflict-dddddddddddd", "\x00", "\ufffd",
		"é", "a\n", strings.Repeat("9", order.MaxPlainID), strings.Repeat("9", order.MaxPlainID+1), ""} {
		for _, made := range []string{
			order.WorkflowID("2021", id), order.MiniProgramWorkflowID("2021", id), order.DeliveryWorkflowID("2021", id), order.CopyWorkflowID("2021", id),
			order.ConflictWorkflowID(order.NotificationKey{AppID: "2021", NotifyID: id, Digest: strings.Repeat("d", 64)}),
			order.WorkflowID(id, "1"), order.AlipayTaskQueue(id), order.LongConnectionTaskQueue(id), order.LongConnectionWorkflowID(id) + "/1",
		} {
			if strings.IndexFunc(made, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 || len(made) > 255 {
				t.Errorf("%q makes %q", id, made)
			}
			if other, taken := seen[made]; taken && other != id {
				t.Errorf("%q and %q both make %q", id, other, made)
			}
			seen[made] = id
		}
		if again := order.PlainID(order.PlainID(id)); again != order.PlainID(id) {
			t.Errorf("%q is digested twice: %q", id, again)
		}
	}
	if order.PlainID("2026112000222113705000000000001") != "2026112000222113705000000000001" {
		t.Error("a genuine id is digested")
	}
}

func TestReasonsAreCut(t *testing.T) {
	long := strings.Repeat("资质", 4000)
	kept, cut := order.CutReasons([]order.Reason{{Part: "base", Memo: long, Images: []string{"x"}}, {Part: "all", Memo: "more"}})
	if !cut || len(kept) != 1 || len(kept[0].Memo) > order.MaxReasonBytes || !utf8.ValidString(kept[0].Memo) {
		t.Errorf("cut=%v, %d reasons, first of %d bytes", cut, len(kept), len(kept[0].Memo))
	}
	empty := make([]order.Reason, 1000)
	if kept, cut := order.CutReasons(empty); !cut || len(kept) != order.MaxReasons {
		t.Errorf("%d empty reasons were kept", len(kept))
	}
	short := []order.Reason{{Part: "all", Memo: "缺少门头照", Images: []string{}}}
	if kept, cut := order.CutReasons(short); cut || kept[0].Memo != short[0].Memo {
		t.Errorf("a short reason was cut: %v", kept)
	}
}

// TestTextIsCutByWhatItTakes: as JSON, where one character can take six bytes.
func TestTextIsCutByWhatItTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune("<&\"\\\n\x00\u2028\ufffd店a")), 0, 60, -1),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		).Draw(t, "text")
		limit := rapid.IntRange(3, 200).Draw(t, "limit")
		takes := func(text string) int {
			written, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			return len(written) - len(`""`)
		}
		switch cut := order.CutText(text, limit); {
		case takes(cut) > limit:
			t.Errorf("%q takes %d bytes, more than %d", cut, takes(cut), limit)
		case takes(text) <= limit && cut != text:
			t.Errorf("%q fits in %d and was cut to %q", text, limit, cut)
		case cut != text && (!strings.HasSuffix(cut, "…") || !strings.HasPrefix(text, strings.TrimSuffix(cut, "…"))):
			t.Errorf("%q became %q", text, cut)
		case cut != text && limit-takes(cut) >= 6:
			t.Errorf("%q was cut to %q, which takes %d of %d", text, cut, takes(cut), limit)
		}
	})
}

func TestPolicyDefaults(t *testing.T) {
	got := order.Policy{Submit: order.StepManual}.Or(order.DefaultPolicy())
	want := order.DefaultPolicy()
	want.Submit = order.StepManual
	if got != want {
		t.Errorf("policy is %+v, want %+v", got, want)
	}
}
