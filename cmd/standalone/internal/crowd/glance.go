package crowd

import (
	"fmt"
	"testing"
	"time"

	"miniflow/cmd/internal/crowd"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// Glance checks the overview of a crowd once visibility shows all of it, where nothing else is there, and
// logs how long calls take.
func Glance(t *testing.T, caller outside.Caller, count int, alone bool) {
	t.Helper()
	const path = "/v1/overview"
	var overview Overview
	err := outside.Poll(t.Context(), time.Second, func() error {
		var listed struct{ Orders []struct{} }
		if err := caller.Call(t.Context(), "GET", fmt.Sprintf("/v1/orders?q=%s", crowd.View("", count-1).OutOrderNo), nil, &listed); err != nil || len(listed.Orders) == 0 {
			return fmt.Errorf("the last one is not shown yet: %w", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	// One that was counted before the crowd was there is shown until it is counted anew.
	err = outside.Poll(t.Context(), 50*time.Millisecond, func() error {
		if err := caller.Call(t.Context(), "GET", path, nil, &overview); err != nil || overview.At.Before(began) {
			return fmt.Errorf("the overview is of %v: %w", overview.At, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("an overview of all is there after %v", time.Since(began))
	if err := overview.Shown(count); err != nil && alone {
		t.Error(err)
	}
	measured := append(Searches(count), path, "/v1/orders", "/v1/orders?stage=auditing")
	times, err := Measure(t.Context(), caller, 40, measured...)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range measured {
		t.Logf("%-50s p50 %8.1f ms  p95 %8.1f ms", path, milliseconds(times[path].Median), milliseconds(times[path].P95))
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Overview is what a test reads of GET /v1/overview.
type Overview struct {
	At     time.Time `json:"at"`
	Stages []struct {
		Stage       order.Stage `json:"stage"`
		Count       int64       `json:"count"`
		OldestSince *time.Time  `json:"oldest_since"`
		OutOrderNo  string      `json:"oldest_out_order_no"`
	} `json:"stages"`
	EndedToday map[order.Stage]int64 `json:"ended_today"`
	Funnel     []struct {
		Step   string `json:"step"`
		Orders int64  `json:"orders"`
	} `json:"funnel"`
	Days []struct {
		Day    string `json:"day"`
		Begun  int64  `json:"begun"`
		Online int64  `json:"online"`
	} `json:"days"`
	Sample int `json:"sample"`
	Audits struct {
		Audits int   `json:"audits"`
		P90    int64 `json:"p90_seconds"`
	} `json:"audits"`
	Rejections []struct {
		TemplateID string `json:"template_id"`
	} `json:"rejections"`
}

// Shown reports what an overview of a whole crowd, and of nothing else, gets wrong.
func (o Overview) Shown(count int) error {
	want := map[order.Stage]int64{}
	audited := 0
	for number := range count {
		view := crowd.View("", number)
		want[view.Stage]++
		audited += len(view.Audits)
	}
	for _, at := range o.Stages {
		if at.Count != want[at.Stage] {
			return fmt.Errorf("%d orders are %s, want %d", at.Count, at.Stage, want[at.Stage])
		}
		if waits := !at.Stage.Ended() && at.Count > 0; waits != (at.OldestSince != nil) || waits == (at.OutOrderNo == "") {
			return fmt.Errorf("the oldest of %s is %q since %v", at.Stage, at.OutOrderNo, at.OldestSince)
		}
	}
	today := o.Days[len(o.Days)-1]
	online := want[order.StageOnline]
	switch {
	case o.EndedToday[order.StageOnline] != online || today.Online != online || today.Begun != int64(count):
		return fmt.Errorf("today is %+v, and ended are %v; want %d begun and %d online", today, o.EndedToday, count, online)
	case o.Funnel[0].Orders != int64(count) || o.Funnel[1].Orders != int64(count) || o.Funnel[3].Orders != int64(audited) || o.Funnel[5].Orders != online:
		return fmt.Errorf("the funnel is %+v", o.Funnel)
	case o.Sample != min(audited, 100) || o.Audits.Audits != o.Sample || len(o.Rejections) != 3:
		return fmt.Errorf("the sample has %d orders and %d audits of %v", o.Sample, o.Audits.Audits, o.Rejections)
	}
	return nil
}
