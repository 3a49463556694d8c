package atalipay

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// LateAnswers lets the writes of an order take a while: before their effect where its number ends
// in -before, after it where it ends in -after.
func LateAnswers(late time.Duration) []alipaysim.Fault {
	var all []alipaysim.Fault
	for _, method := range []string{"isv.create", "version.upload", "version.audit.apply", "version.audit.cancel", "version.audited.cancel", "version.online"} {
		all = append(all, alipaysim.Fault{Method: "alipay.open.mini." + method, OutOrderNo: "*-after", Kind: alipaysim.FaultStallAfterCommit, For: alipaysim.Duration(late)},
			alipaysim.Fault{Method: "alipay.open.mini." + method, OutOrderNo: "*-before", Kind: alipaysim.FaultSlow, For: alipaysim.Duration(late)})
	}
	return all
}

// NothingAtWork holds an order that has ended against what is at Alipay: of one that ended cancelled
// nothing is in audit or online, and one that ended online is.
func NothingAtWork(view order.View, state State) error {
	online, working := false, []string{}
	for _, mini := range state.MiniPrograms {
		if mini.OutOrderNo != view.OutOrderNo {
			continue
		}
		for _, version := range mini.Versions {
			switch version.Phase {
			case alipaysim.Release:
				online = true
				fallthrough
			case alipaysim.Auditing, alipaysim.WaitRelease, alipaysim.BaseAuditPass, alipaysim.AuditReject:
				working = append(working, version.AppVersion+" "+string(version.Phase))
			case alipaysim.Absent, alipaysim.Building, alipaysim.BuildFailed, alipaysim.BuildTimedOut, alipaysim.Scanning, alipaysim.ScanFailed,
				alipaysim.Init, alipaysim.Offline, alipaysim.AuditOffline:
			}
		}
	}
	switch {
	case view.Stage == order.StageCancelled && len(working) > 0:
		return fmt.Errorf("%s ended cancelled (%s), and at Alipay there is %s\n%+v", view.OutOrderNo, view.Reason, strings.Join(working, ", "), view.Timeline)
	case view.Stage == order.StageOnline && !online:
		return fmt.Errorf("%s ended online, and at Alipay there is %s", view.OutOrderNo, strings.Join(working, ", "))
	}
	return nil
}

// Orderly holds what orders did on their way against what reached Alipay: no more than mostCalls of
// each, no attempt that Alipay does not know, nothing taken back from an order that ended online,
// and every message with what became of it, once.
func Orderly(ended []order.View, calls []alipaysim.Call, mostCalls int) (most int, err error) {
	asked, done := map[string]int{}, map[string]int{}
	for _, call := range calls {
		concerned, _, _ := strings.Cut(call.Key, "/")
		asked[concerned]++
		if call.Effect {
			done[concerned+path.Ext(call.Method)]++
		}
	}
	var wrong []error
	for _, view := range ended {
		no, calls := view.OutOrderNo, asked[view.OutOrderNo]+asked[view.OrderNo]+asked[view.MiniAppID]
		most = max(most, calls)
		if calls > mostCalls {
			wrong = append(wrong, fmt.Errorf("%s made %d calls", no, calls))
		}
		if applied := done[view.MiniAppID+".apply"]; view.MiniAppID != "" && len(view.Audits) > applied {
			wrong = append(wrong, fmt.Errorf("%s shows %d attempts, and Alipay knows %d", no, len(view.Audits), applied))
		}
		if back := done[view.MiniAppID+".cancel"]; view.Stage == order.StageOnline && back > 0 {
			wrong = append(wrong, fmt.Errorf("%s ended online, and was taken back %d times", no, back))
		}
		heard := map[string]bool{}
		for _, item := range view.Timeline {
			if item.NotifyID != "" && heard[item.NotifyID] {
				wrong = append(wrong, fmt.Errorf("%s says twice what became of %s", no, item.NotifyID))
			}
			heard[item.NotifyID] = true
		}
	}
	return most, errors.Join(wrong...)
}
