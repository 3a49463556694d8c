package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"miniflow/cmd/internal/crowd"
	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/cmd/miniflow/internal/bench/system"
	"miniflow/order"
	"miniflow/temporalio"
)

const (
	// messagesBeside is how many notifications come a second while people look.
	messagesBeside = 50
	// looked is how many times a rate's time people look.
	looked = 8
	// built is how many of the orders have a mini program, and astray how many messages belong to no
	// order.
	built, astray = 20, 60
)

// console measures every page while people look at one after the other and messages come.
func console(ctx context.Context, b *bench) error {
	restore, err := b.UseRules(ctx, system.Quick(b.prefix("m*")), system.Silent(b.everything()))
	if err != nil {
		return err
	}
	defer func() { _ = restore(context.WithoutCancel(ctx)) }() // a running system keeps its own rules
	if err := b.fillCrowd(ctx); err != nil {
		return err
	}
	waiting, err := b.waiters(ctx, "n", b.Targets)
	if err != nil {
		return err
	}
	if err := b.buildSome(ctx); err != nil {
		return err
	}
	door := &doorLoad{bench: b, waiting: waiting, fresh: fmt.Sprint(time.Now().Unix() % 1e6)}
	if err := door.lose(ctx, astray); err != nil {
		return err
	}
	if err := b.Rest(ctx, restWithin); err != nil {
		return err
	}
	browser, err := b.LogIn(ctx)
	if err != nil {
		return err
	}
	shown, err := b.pagesOf(ctx, waiting)
	if err != nil {
		return err
	}
	people := &people{bench: b, browser: browser, pages: shown}
	for _, step := range []func(context.Context) error{
		people.first, people.count, func(ctx context.Context) error { return people.beside(ctx, door) },
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// fillCrowd starts the orders of the crowd that are not there yet.
func (b *bench) fillCrowd(ctx context.Context) error {
	there := func() (int, error) {
		query := temporalio.NewQuery(order.WorkflowType, b.AppID).Where(order.AttributeOutOrderNo + " STARTS_WITH 'crowd-'").String()
		counted, err := b.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: b.Namespace, Query: query})
		return int(counted.GetCount()), err
	}
	have, err := there()
	if err != nil || have >= b.Crowd {
		return err
	}
	b.say("filling in %d orders, %d are there", b.Crowd-have, have)
	begun := time.Now()
	if err := crowd.Fill(ctx, b.Temporal, b.AppID, have, b.Crowd); err != nil {
		return err
	}
	b.round.Add("console.filling", "s", time.Since(begun).Seconds())
	for have < b.Crowd { // visibility is behind
		if err := remote.Pause(ctx, time.Second); err != nil {
			return err
		}
		if have, err = there(); err != nil {
			return err
		}
	}
	return nil
}

// buildSome takes some orders to the audit, so that there are mini programs.
func (b *bench) buildSome(ctx context.Context) error {
	var there struct {
		MiniPrograms []struct{} `json:"mini_programs"`
	}
	if err := b.Get(ctx, "/v1/mini-programs", &there); err != nil || len(there.MiniPrograms) >= built {
		return err
	}
	waiting, err := b.waiters(ctx, "m", built)
	if err != nil {
		return err
	}
	for _, one := range waiting {
		if err := b.Answer(ctx, one.OrderNo, "AGREED"); err != nil {
			return err
		}
	}
	for _, one := range waiting {
		if err := b.awaitStage(ctx, one.OutOrderNo, order.StageAuditing); err != nil {
			return err
		}
	}
	for len(there.MiniPrograms) == 0 { // the list is remembered, up to a minute
		if err := errors.Join(remote.Pause(ctx, time.Second), b.Get(ctx, "/v1/mini-programs", &there)); err != nil {
			return err
		}
	}
	return nil
}

// lose posts messages about orders that nobody knows.
func (d *doorLoad) lose(ctx context.Context, count int) error {
	unknown := make([]system.Waiting, count)
	for i := range unknown {
		unknown[i] = system.Waiting{OutOrderNo: d.number("lost", i), OrderNo: fmt.Sprintf("2026%012d", i)}
	}
	corpus, err := d.Corpus(unknown, count, d.fresh+"lost")
	if err != nil {
		return err
	}
	sent := load.Burst(ctx, d.Callers, count, func(ctx context.Context, i int) error { return d.Deliver(ctx, corpus[i]) })
	return sent.Err
}

// page is one page of the console by its name; its address may change with each time that it is opened.
type page struct {
	name string
	path func(i int) string
}

// pagesOf are all pages, with something to show on each.
func (b *bench) pagesOf(ctx context.Context, waiting []system.Waiting) ([]page, error) {
	var messages struct {
		All []order.DeliveryView `json:"deliveries"`
	}
	var apps struct {
		All []order.MiniProgramView `json:"mini_programs"`
	}
	if err := errors.Join(b.Get(ctx, "/v1/deliveries", &messages), b.Get(ctx, "/v1/mini-programs", &apps)); err != nil {
		return nil, err
	}
	if len(messages.All) == 0 || len(apps.All) == 0 {
		return nil, fmt.Errorf("there are %d messages and %d mini programs to look at", len(messages.All), len(apps.All))
	}
	fixed := func(path string) func(int) string { return func(int) string { return "/console" + path } }
	of := func(what string, path func(i int) string) func(int) string {
		return func(i int) string { return "/console/" + what + "/" + url.PathEscape(b.AppID) + "/" + path(i) }
	}
	anOrder := func(i int) string { return waiting[i%len(waiting)].OutOrderNo }
	called := func(i int) order.View { return crowd.View(b.AppID, (i*7919+1)%b.Crowd) }
	find := func(text func(order.View) string) func(int) string {
		return func(i int) string { return "/console/orders?" + url.Values{"q": {text(called(i))}}.Encode() }
	}
	return []page{
		{"overview", fixed("")},
		{"attention", fixed("/attention")},
		{"orders", fixed("/orders")},
		{"orders_stage", fixed("/orders?stage=auditing")},
		{"search_number", find(func(v order.View) string { return v.OutOrderNo })},
		{"search_shop", find(func(v order.View) string { return v.ShopName })},
		{"search_prefix", find(func(v order.View) string { return string([]rune(v.ShopName)[:1]) })},
		{"order", of("orders", anOrder)},
		{"order_calls", of("orders", func(i int) string { return anOrder(i) + "?view=calls" })},
		{"messages", fixed("/deliveries")},
		{"message", of("deliveries", func(i int) string { return url.PathEscape(messages.All[i%len(messages.All)].NotifyID) })},
		{"mini_programs", fixed("/mini-programs")},
		{"mini_program", of("mini-programs", func(i int) string { return url.PathEscape(apps.All[i%len(apps.All)].MiniAppID) })},
		{"audit_log", fixed("/audit")},
	}, nil
}
