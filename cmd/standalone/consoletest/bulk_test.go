package consoletest

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"miniflow/cmd/standalone/internal/outside"
)

// messageOfMany is what the fifty are called, so that a filter finds them and no others.
const messageOfMany = "alipay.open.mini.version.audit.rejected"

// TestFiftyDeadLettersAreReplayed counts fifty dead messages first, replays them, and watches the bar
// move to its end: with JavaScript, and without.
func TestFiftyDeadLettersAreReplayed(t *testing.T) {
	for i := range 50 {
		running.push(t, fmt.Sprintf("many-%02d", i), messageOfMany, `{"mini_app_id"`) // nobody can read it
	}
	must(t, outside.Poll(within(t), often, func() error {
		var planned struct{ Found int }
		err := running.api.Call(t.Context(), "POST", "/v1/deliveries/replay", map[string]any{
			"dry_run": true, "filter": map[string]string{"app_id": appID, "state": "dead", "name": messageOfMany},
		}, &planned)
		if err == nil && planned.Found != 50 {
			err = fmt.Errorf("%d are dead", planned.Found)
		}
		return err
	}))
	for _, v := range []visitor{{"zh-CN", true, false}, {"en", false, true}} {
		t.Run(v.String(), func(t *testing.T) {
			b := open(t, v)
			b.logIn("/console/deliveries/bulk")
			b.fill(`input[name=name]`, messageOfMany)
			b.click(`main form .does button`)
			b.reads(v.says("共涉及 50 条通知", "50 messages are meant"))
			b.accessible()
			b.click(`main form button[name=key]`)
			b.accessible()
			between := 0
			for before := ""; before != "50"; {
				must(t, outside.Poll(b.ctx, often, func() error {
					now, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector("progress")?.getAttribute("value") || ""`))
					if err == nil && now == before {
						err = fmt.Errorf("the bar stays at %s", now)
					}
					before = now
					return err
				}))
				between++
			}
			if between < 3 {
				t.Errorf("the bar was seen at %d places only", between)
			}
			b.reads(v.says("共 50 条，已处理 50 条", "50 of 50"))
		})
	}
}
