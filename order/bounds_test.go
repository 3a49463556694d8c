package order_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"miniflow/order"
)

// TestADemonstrationIsFasterAndNoLoop: a schedule that is sped up has its delays divided,
// none below the floor, and one that is below the floor stays as it is.
func TestADemonstrationIsFasterAndNoLoop(t *testing.T) {
	fast := order.Schedule{{Every: time.Hour, Times: 1}, {Every: time.Second, Times: 1}, {Every: time.Millisecond}}.Divide(60, 250*time.Millisecond)
	for i, want := range []time.Duration{time.Minute, 250 * time.Millisecond, time.Millisecond} {
		if got := fast.Delay(i + 1); got != want {
			t.Errorf("delay %d is %s, want %s", i+1, got, want)
		}
	}
	if _, window := order.DefaultSchedules().Forwarding(); window != 72*time.Hour {
		t.Errorf("the ISV's backend is tried for %s", window)
	}
}

// TestADelayOfNothingIsRefused: it would be a loop.
func TestADelayOfNothingIsRefused(t *testing.T) {
	for _, text := range []string{"0s", "-1m", "soon"} {
		var schedule order.Schedule
		var duration order.Duration
		if schedule.UnmarshalText([]byte(text)) == nil || duration.UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q was read as %v and %v", text, schedule, duration)
		}
	}
}

// TestAnIDIsDigestedOnlyWhereItHasToBe: people look for the id that Alipay shows.
func TestAnIDIsDigestedOnlyWhereItHasToBe(t *testing.T) {
	for id, plain := range map[string]bool{
		strings.Repeat("9", order.MaxPlainID): true, strings.Repeat("9", order.MaxPlainID+1): false, "a~!": true, "a b": false, "a/b": false, "a\x7f": false,
		// No filter of a list can hold these; see temporalio.Quote.
		"a'b": false, `a"b`: false, `a\b`: false, "a?b": false, "a`b": true,
	} {
		if got := order.PlainID(id); (got == id) != plain {
			t.Errorf("%q became %q", id, got)
		}
	}
	impostor := order.ConflictWorkflowID(order.NotificationKey{AppID: "1", NotifyID: "n", Digest: "0123456789abcdef"})
	if !strings.HasSuffix(impostor, "/conflict-0123456789ab") {
		t.Errorf("an impostor is kept as %q", impostor)
	}
}

// TestWhatWasCutIsSaid: of a long text, of too many images, of an image that does not fit.
func TestWhatWasCutIsSaid(t *testing.T) {
	images := make([]string, order.MaxReasons+1)
	for what, c := range map[string]struct {
		reason order.Reason
		images int
		cut    bool
	}{
		"a long text":                   {order.Reason{Memo: strings.Repeat("m", order.MaxReasonBytes+1)}, 0, true},
		"a text that just fits":         {order.Reason{Memo: strings.Repeat("m", order.MaxReasonBytes)}, 0, false},
		"more images than are kept":     {order.Reason{Images: images}, order.MaxReasons, true},
		"as many images as are kept":    {order.Reason{Images: images[1:]}, order.MaxReasons, false},
		"an image that does not fit in": {order.Reason{Images: []string{"x", strings.Repeat("i", order.MaxReasonBytes), "y"}}, 1, true},
	} {
		kept, cut := order.CutReasons([]order.Reason{c.reason})
		if cut != c.cut || len(kept) != 1 || len(kept[0].Images) != c.images {
			t.Errorf("%s: cut %v, kept %d reasons", what, cut, len(kept))
		}
	}
	if got := order.CutText("abcd", 4); got != "abcd" {
		t.Errorf("a text that just fits became %q", got)
	}
}

// TestEachCharacterCountsAsJSONWritesIt: ten of any kind fit where they fit, and not in one byte less.
func TestEachCharacterCountsAsJSONWritesIt(t *testing.T) {
	characters := []string{"é", "店", "😀", "\u2028", "\u2029", "\u202a", "\ufffd", "\xff", "\xe5"}
	for c := range 0x80 {
		characters = append(characters, string(rune(c)))
	}
	for _, character := range characters {
		text := strings.Repeat(character, 10)
		written, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		takes := len(written) - len(`""`)
		if fits, cut := order.CutText(text, takes), order.CutText(text, takes-1); fits != text || cut == text || !strings.HasSuffix(cut, "…") {
			t.Errorf("%q ten times takes %d bytes: it became %q, and with one byte less %q", character, takes, fits, cut)
		}
	}
}
