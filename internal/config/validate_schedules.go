package config

import (
	"maps"
	"slices"

	"miniflow/order"
)

// schedules refuses a name under watchdogs or expected that nothing would ever look up.
func (v *validator) schedules() {
	schedules := v.config.Schedules
	for _, stage := range slices.Sorted(maps.Keys(schedules.Watchdogs)) {
		if !slices.Contains(order.Stages(), stage) || stage.Ended() {
			v.problem("schedules.watchdogs."+string(stage), "is no stage that an order waits in")
		}
	}
	announced := []order.Wait{order.WaitMerchant, order.WaitCertification, order.WaitAudit}
	for _, wait := range slices.Sorted(maps.Keys(schedules.Expected)) {
		if !slices.Contains(announced, wait) {
			v.problem("schedules.expected."+string(wait), "is no wait that a message ends, as %v are", announced)
		}
	}
}
