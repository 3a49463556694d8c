package console

import "miniflow/order"

// tile is one number of the overview: how many orders stand somewhere, and which of them for longest.
type tile struct {
	Name   string
	Count  int64
	Href   string
	Oldest *waiting
}

// tiles are what a supervisor asks for: who waits for merchants, for Alipay, and what went online today.
func (p *overviewPage) tiles(live map[order.Stage]int64) []tile {
	stage := func(name string, stages ...order.Stage) tile {
		one := tile{Name: name, Href: filter(to("orders"), "stage", string(stages[0]), "app_id", p.AppID)}
		for _, stage := range stages {
			one.Count += live[stage]
			for _, found := range p.Glance.Stages {
				older := found.OldestSince != nil && (one.Oldest == nil || found.OldestSince.Before(*one.Oldest.OldestSince))
				if found.Stage == stage && older && live[stage] > 0 {
					one.Oldest = &found.waiting
				}
			}
		}
		return one
	}
	online := tile{Name: "online_today", Count: p.Glance.EndedToday[order.StageOnline], Href: filter(to("orders"), "stage", string(order.StageOnline), "app_id", p.AppID)}
	return []tile{
		stage("confirm", order.StageAwaitingMerchant), stage("authorize", order.StageAwaitingAuthorization),
		stage("audit", order.StageAuditing), stage("rework", order.StageAuditRejected), online,
	}
}
