package workflows_test

import (
	"context"
	"strings"
	"testing"
	"time"

	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/activity"

	"miniflow/activities"
	"miniflow/words"
)

// The page is in the language that came with the start.
func TestTheMiniProgramsPageIsInTheAppsLanguage(t *testing.T) {
	for language, want := range map[words.Language][]string{
		"":            {"## mini program", "| authorisation | authorized |", "| order in charge | " + outNo + " |", "| queued behind it | OUT7, OUT8 |"},
		words.Chinese: {"## 小程序", "| 授权 | authorized |", "| 当前负责的订单 | " + outNo + " |", "| 排队的订单 | OUT7, OUT8 |"},
	} {
		e := newEntity(t)
		e.input.Language, e.platform.token = language, "T1"
		e.claims(time.Minute, outNo)
		e.claims(2*time.Minute, "OUT7")
		e.claims(3*time.Minute, "OUT8")
		e.hears(4*time.Minute, granted("T1", e.began))
		page := ""
		e.at(time.Hour, func() {
			var shown sdkpb.WorkflowMetadata
			value, err := e.env.QueryWorkflow("__temporal_workflow_metadata")
			if err == nil {
				err = value.Get(&shown)
			}
			if err != nil {
				t.Error(err)
			}
			page = shown.GetCurrentDetails()
		})
		e.runs(2 * time.Hour)
		for _, row := range want {
			if !strings.Contains(page, row) {
				t.Errorf("in %q the page does not say %q:\n%s", language, row, page)
			}
		}
	}
}

// An order brings its app's language along, because it may be the first that needs its mini program.
func TestAnOrderBringsItsLanguageToItsMiniProgram(t *testing.T) {
	w := newWorld(t)
	w.input.Language, w.platform.verdicts = words.Chinese, reviewed
	w.at(5*time.Minute, agree)
	w.send(30*time.Minute, authorized("T1", w.env.Now()))
	brought := words.Language("none")
	w.env.SetOnLocalActivityStartedListener(func(_ *activity.Info, _ context.Context, args []any) {
		for _, arg := range args {
			if call, claims := arg.(activities.ClaimCall); claims {
				brought = call.MiniProgram.Language
			}
		}
	})
	w.run()
	if brought != words.Chinese {
		t.Errorf("it brings %q", brought)
	}
}
