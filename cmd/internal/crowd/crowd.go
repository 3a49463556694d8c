// Package crowd fills a Temporal with orders that nobody works on, for measuring how quickly Miniflow
// finds its way among them. What it starts looks to visibility as real orders do: attributes, memo
// and, of those that have ended, a result with an audit; but each costs Temporal a few events only.
package crowd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

const (
	queue    = "crowd"
	starters = 16
)

// stand is the workflow of an order of the crowd: it ends at once, or never.
func stand(ctx workflow.Context, view order.View) (order.View, error) {
	if !view.Stage.Ended() {
		workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
	}
	return view, nil
}

// Fill starts the orders of an app from one number to another, and returns once all have come as far as
// they come. One that is there already is left as it is.
func Fill(ctx context.Context, c client.Client, appID string, from, to int) error {
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflowWithOptions(stand, workflow.RegisterOptions{Name: order.WorkflowType})
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	numbers := make(chan int)
	failed := make([]error, starters)
	var group sync.WaitGroup
	for i := range starters {
		group.Go(func() {
			for number := range numbers {
				if failed[i] == nil {
					failed[i] = start(ctx, c, View(appID, number))
				}
			}
		})
	}
	for number := from; number < to; number++ {
		numbers <- number
	}
	close(numbers)
	group.Wait()
	return errors.Join(failed...)
}

func start(ctx context.Context, c client.Client, view order.View) error {
	attempts := int64(len(view.Audits))
	hold := ""
	if view.Hold != nil {
		hold = string(view.Hold.Kind)
	}
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: order.WorkflowID(view.AppID, view.OutOrderNo), WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, TaskQueue: queue, Memo: map[string]any{order.SummaryMemo: view.Summary()},
		TypedSearchAttributes: temporal.NewSearchAttributes(
			keyword(order.AttributeAppID, view.AppID), keyword(order.AttributeOutOrderNo, view.OutOrderNo), keyword(order.AttributeMiniAppID, view.MiniAppID),
			keyword(order.AttributeMerchantRef, view.MerchantRef), keyword(order.AttributeShopName, view.ShopName), keyword(order.AttributeOrderKind, string(view.Kind)),
			keyword(order.AttributeOrderStage, string(view.Stage)), keyword(order.AttributeOrderHold, hold),
			temporal.NewSearchAttributeKeyInt64(order.AttributeAuditAttempt).ValueSet(attempts),
		),
	}, order.WorkflowType, view)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return nil
	}
	if err != nil || !view.Stage.Ended() {
		return err
	}
	return run.Get(ctx, nil)
}

func keyword(name, value string) temporal.SearchAttributeUpdate {
	return temporal.NewSearchAttributeKeyKeyword(name).ValueSet(value)
}

// View is one order of the crowd by its number: half have ended, most of them online.
func View(appID string, number int) order.View {
	stages := order.Stages()
	stage := order.StageOnline
	if number%2 == 0 || number%20 == 1 {
		stage = stages[number/2%len(stages)]
	}
	began := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(number) * time.Minute)
	view := order.View{
		AppID: appID, OutOrderNo: fmt.Sprintf("crowd-%05d", number), Kind: order.KindFormal, Stage: stage, StageSince: began.Add(time.Hour),
		MerchantRef: fmt.Sprintf("m-%05d", number/2), ShopName: fmt.Sprintf("%c%c小面%d号店", rune(0x4e00+number%977), rune(0x5e00+number%31), number), MiniAppID: fmt.Sprintf("2021%012d", number),
		OrderNo: fmt.Sprintf("20261101%05d", number), CreatedAt: began, Version: order.VersionView{TemplateID: fmt.Sprintf("T-%d", number%3)},
	}
	if stage == order.StageOnline {
		end := began.Add(time.Duration(number%50) * time.Hour)
		view.Audits = []order.Audit{{Attempt: 1, SubmittedAt: began, EndedAt: &end, Verdict: order.VerdictRejected, Reasons: []order.Reason{{Memo: "小程序名称与营业执照不符。"}}}}
	}
	if !stage.Ended() && number%7 == 0 {
		view.Hold = &order.Hold{Kind: order.HoldNeedsInput, Since: began}
	}
	return view
}
