package api

import (
	"time"

	"miniflow/order"
	"miniflow/temporalio"
)

// glanceDays are the days that an overview shows, today among them.
const glanceDays = 14

// beijing is the zone of everybody who reads an overview. It has had no summer time since 1991.
var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// beijingDay returns when the day began in which a moment lies.
func beijingDay(moment time.Time) time.Time {
	year, month, day := moment.In(beijing).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, beijing)
}

// countedDay is a day that was over when it was counted. Little changes then: Temporal forgets orders,
// and one that goes on in another run moves.
type countedDay struct {
	dayGlance
	at time.Time
}

func (m *glanceMemory) day(key string, now time.Time) (dayGlance, bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	kept, ok := m.days[key]
	return kept.dayGlance, ok && now.Sub(kept.at) < dayFor
}

func (m *glanceMemory) keepDay(key string, counted countedDay) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.days == nil || len(m.days) > glanceDays*maxPageSize {
		m.days = map[string]countedDay{}
	}
	m.days[key] = counted
}

// during is the condition that a time of a workflow lies in a day.
func during(attribute string, day time.Time) string {
	at := func(moment time.Time) string { return temporalio.Quote(moment.UTC().Format(time.RFC3339)) }
	return attribute + " >= " + at(day) + " AND " + attribute + " < " + at(day.AddDate(0, 0, 1))
}

func ends() (all []order.Stage) {
	for _, stage := range order.Stages() {
		if stage.Ended() {
			all = append(all, stage)
		}
	}
	return all
}

func (g *glanceCounting) endedToday() {
	for _, stage := range ends() {
		g.count(inStage(stage)+" AND "+whereStanding+" AND "+during("CloseTime", beijingDay(g.now)), func(n int64) { g.result.EndedToday[stage] = n })
	}
}

// days asks about the days that are not known. Of today, endedToday asks the rest.
func (g *glanceCounting) days() {
	today := beijingDay(g.now)
	g.result.Days = make([]dayGlance, glanceDays)
	for i := range g.result.Days {
		day := today.AddDate(0, 0, i+1-glanceDays)
		into := &g.result.Days[i]
		if kept, ok := g.api.glances.day(g.dayKey(day), g.now); ok {
			*into = kept
			continue
		}
		into.Day = day.Format(time.DateOnly)
		g.count(during("StartTime", day), func(n int64) { into.Begun = n })
		if i == glanceDays-1 {
			continue
		}
		g.count(inStage(order.StageOnline)+" AND "+whereStanding+" AND "+during("CloseTime", day), func(n int64) { into.Online = n })
		g.count(inStage(rejected...)+" AND "+whereStanding+" AND "+during("CloseTime", day), func(n int64) { into.Rejected = n })
	}
}

// rejected are the ends by which somebody said no.
var rejected = []order.Stage{order.StageMerchantRejected, order.StageCreationFailed}

func (g *glanceCounting) dayKey(day time.Time) string {
	return day.Format(time.DateOnly) + " " + g.within.orders().String()
}

// finishDays fills in today, and keeps the other days once everything has been counted.
func (g *glanceCounting) finishDays() {
	today := &g.result.Days[glanceDays-1]
	today.Online = g.result.EndedToday[order.StageOnline]
	for _, stage := range rejected {
		today.Rejected += g.result.EndedToday[stage]
	}
	for _, counted := range g.result.Days[:glanceDays-1] {
		day, err := time.ParseInLocation(time.DateOnly, counted.Day, beijing)
		if _, known := g.api.glances.day(g.dayKey(day), g.now); err == nil && !known {
			g.api.glances.keepDay(g.dayKey(day), countedDay{counted, g.now})
		}
	}
}
