package consoletest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"miniflow/cmd/standalone/internal/outside"
)

// TestFiftyDeadLettersAreReplayed counts fifty dead messages first, replays them, and watches the bar
// move to its end: with JavaScript, and without.
func TestFiftyDeadLettersAreReplayed(t *testing.T) {
	for name, v := range map[string]visitor{
		// Nothing else in these tests dies under these names.
		"alipay.open.mini.version.audit.rejected": {"zh-CN", true, false},
		"alipay.open.mini.version.audit.passed":   {"en", false, true},
	} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			fiftyDead(t, name)
			b := open(t, v)
			b.logIn("/console/deliveries/bulk")
			b.fill(`input[name=name]`, name)
			b.fill(`input[name=rate]`, "8")
			b.click(`main form .does button`)
			b.reads(v.says("共涉及 50 条通知。", "50 messages are meant."))
			b.accessible()
			b.call(chromedp.Click(`main form button[name=key]`)) // not awaited: the bar is what is looked at
			if places := b.bar("50"); places < 3 {
				t.Errorf("the bar was seen at %d places only", places)
			}
			b.reads(v.says("共 50 条，已处理 50 条", "50 of 50"), v.says("已完成", "done"))
			b.accessible()
		})
	}
}

// fiftyDead pushes messages that nobody can read, and waits until they are dead.
func fiftyDead(t *testing.T, name string) {
	t.Helper()
	for i := range 50 {
		running.push(t, fmt.Sprintf("%s-%02d", name, i), name, `{"mini_app_id"`)
	}
	must(t, outside.Poll(within(t), often, func() error {
		var planned struct{ Found int }
		err := running.api.Call(t.Context(), http.MethodPost, "/v1/deliveries/replay", map[string]any{
			"dry_run": true, "filter": map[string]string{"app_id": appID, "state": "dead", "name": name},
		}, &planned)
		if err == nil && planned.Found != 50 {
			err = fmt.Errorf("%d are dead", planned.Found)
		}
		return err
	}))
}

// bar watches a bar until it is at its end, and returns at how many places it was seen.
func (b *tab) bar(end string) (places int) {
	b.t.Helper()
	for at := ""; at != end; places++ {
		must(b.t, outside.Poll(b.ctx, often, func() error {
			now, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector("progress")?.getAttribute("value") || ""`))
			if err == nil && now == at {
				err = fmt.Errorf("the bar stays at %s", now)
			}
			if err == nil {
				at = now
			}
			return err
		}))
	}
	return places
}
