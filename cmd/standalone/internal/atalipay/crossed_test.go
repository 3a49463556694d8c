package atalipay_test

import (
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/atalipay"
	"miniflow/order"
)

// TestWhatIsAtWork checks that each end is held against what Alipay has: a judge that finds nothing
// would let every crossing pass.
func TestWhatIsAtWork(t *testing.T) {
	with := func(phase alipaysim.Phase) atalipay.State {
		return atalipay.State{MiniPrograms: []atalipay.Mini{{OutOrderNo: "n", Versions: []atalipay.Version{{AppVersion: "0.0.1", Phase: phase}}}}}
	}
	for name, test := range map[string]struct {
		stage order.Stage
		phase alipaysim.Phase
		wrong string
	}{
		"cancelled and in audit":  {order.StageCancelled, alipaysim.Auditing, "ended cancelled"},
		"cancelled and online":    {order.StageCancelled, alipaysim.Release, "ended cancelled"},
		"cancelled and taken out": {order.StageCancelled, alipaysim.Init, ""},
		"online and in audit":     {order.StageOnline, alipaysim.Auditing, "ended online"},
		"online":                  {order.StageOnline, alipaysim.Release, ""},
	} {
		err := atalipay.NothingAtWork(order.View{OutOrderNo: "n", Stage: test.stage}, with(test.phase))
		if (err != nil) != (test.wrong != "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsOrderly(t *testing.T) {
	heard := order.TimelineItem{NotifyID: "m"}
	cancelled := alipaysim.Call{Method: "alipay.open.mini.version.audit.cancel", Key: "2021/0.0.1", Effect: true}
	for name, test := range map[string]struct {
		view  order.View
		calls []alipaysim.Call
		wrong string
	}{
		"in order":          {order.View{OutOrderNo: "n", Timeline: []order.TimelineItem{heard}}, []alipaysim.Call{{Key: "n"}}, ""},
		"too many calls":    {order.View{OutOrderNo: "n"}, []alipaysim.Call{{Key: "n"}, {Key: "n"}}, "made 2 calls"},
		"unknown attempt":   {order.View{OutOrderNo: "n", MiniAppID: "2021", Audits: make([]order.Audit, 1)}, nil, "Alipay knows 0"},
		"taken back":        {order.View{OutOrderNo: "n", MiniAppID: "2021", Stage: order.StageOnline}, []alipaysim.Call{cancelled}, "taken back 1"},
		"twice in timeline": {order.View{OutOrderNo: "n", Timeline: []order.TimelineItem{heard, heard}}, nil, "says twice"},
	} {
		_, err := atalipay.Orderly([]order.View{test.view}, test.calls, 1)
		if (err != nil) != (test.wrong != "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
