package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/order"
	"miniflow/rollout"
	"miniflow/temporalio"
	"miniflow/words"
)

// RolloutTemporal is as much of Temporal as a rollout needs. A client is one.
type RolloutTemporal interface {
	temporalio.Lister
	Updater
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	WorkflowService() workflowservice.WorkflowServiceClient
}

// Sealer seals what only activities and the API may read.
type Sealer interface {
	Opener
	Seal(plain []byte, context ...string) (order.Sealed, error)
}

// Rollouts holds the activities by which a rollout speaks to Temporal.
type Rollouts struct {
	Temporal  RolloutTemporal
	Namespace string
	Ring      Sealer
	Files     Files
	Now       func() time.Time
	// Acts is that of [Alipay], and Used that of [Adopting].
	Acts func(appID, merchantRef string) bool
	Used func(ctx context.Context, appID, outOrderNo string) (bool, error)

	exts extFiles
}

// Codes of members whose order does not begin, and of a file that can't be used.
const (
	CodeExtFile    = "EXT_FILE"
	CodeNoExt      = "NO_EXT"
	CodeExtUnsure  = "EXT_UNSURE"
	CodeNumberUsed = "NUMBER_USED"
)

// StartReleases starts the orders of some members.
//
// Repeating it is harmless: a number starts one workflow.
func (r *Rollouts) StartReleases(ctx context.Context, call StartReleasesCall) (ReleasesStarted, error) {
	var answer ReleasesStarted
	for _, one := range call.Releases {
		code, held, err := r.start(ctx, call, one)
		var said *temporal.ApplicationError
		if errors.As(err, &said) && said.NonRetryable() {
			return ReleasesStarted{}, err // wrapped, Temporal would take it for one to try again after
		}
		if err != nil {
			return ReleasesStarted{}, fmt.Errorf("start the order %s: %w", one.OutOrderNo, err)
		}
		answer.Starts = append(answer.Starts, rollout.Start{Index: one.Index, Code: code, Held: held})
	}
	return answer, nil
}

// start starts one order, or says by a code why not, and whether a person may change that.
func (r *Rollouts) start(ctx context.Context, call StartReleasesCall, one ReleaseOf) (code string, held bool, _ error) {
	request := call.Request
	request.OutOrderNo, request.MiniAppID = one.OutOrderNo, one.MiniAppID
	last, err := r.lastOrder(ctx, request.AppID, one)
	if err != nil {
		return "", false, err
	}
	request.MerchantRef, request.ShopName = last.view.MerchantRef, last.view.ShopName
	if r.Acts != nil && !r.Acts(request.AppID, request.MerchantRef) {
		return CodeObserving, true, nil
	}
	if used, err := r.used(ctx, request.AppID, one.OutOrderNo); used || err != nil {
		return CodeNumberUsed, false, err
	}
	if request.Version.Ext, code, err = r.ext(ctx, call, one, last); code != "" || err != nil {
		return code, true, err
	}
	view := order.NewView(request, false, r.Now())
	language := words.Language(call.Language)
	input := order.Input{Request: request, Schedules: call.Schedules, CreatedAt: view.CreatedAt, Language: language}
	_, err = r.Temporal.ExecuteWorkflow(ctx, temporalio.OrderOptions(view, language), order.WorkflowType, input)
	if err != nil && !temporalio.AlreadyStarted(err) {
		return "", false, err
	}
	return "", false, nil
}

func (r *Rollouts) used(ctx context.Context, appID, outOrderNo string) (bool, error) {
	if r.Used == nil {
		return false, nil
	}
	return r.Used(ctx, appID, outOrderNo)
}

// seenAtOnce is how many orders a look reads at a time: what it answers stays in the history.
const seenAtOnce = 400

// authorizedWithin is how long an order may wait for its mini program's word on the authorisation
// before a person has to see to it.
const authorizedWithin = 10 * time.Minute

// LookAtReleases lists the orders of a rollout that have changed, and those that change no more. It
// changes nothing.
func (r *Rollouts) LookAtReleases(ctx context.Context, call LookAtReleasesCall) (ReleasesSeen, error) {
	changed := (&temporalio.Query{}).ChangedAfter(call.Since).String()
	query := temporalio.NewQuery(order.WorkflowType, call.AppID).OneOfOrBegins(order.AttributeOutOrderNo, nil, []string{call.RolloutID + "-"})
	if changed != "" {
		query.Where("(" + changed + " OR " + temporalio.WhereClosed + " OR " + order.AttributeOrderStage + " = " + temporalio.Quote(string(order.StageAwaitingAuthorization)) + ")")
	}
	answer, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: r.Namespace, Query: query.String(), PageSize: seenAtOnce, NextPageToken: call.Page,
	})
	if err != nil {
		return ReleasesSeen{}, fmt.Errorf("list the orders of a rollout: %w", err)
	}
	found := ReleasesSeen{Seen: map[string]rollout.Seen{}, Next: answer.GetNextPageToken()}
	for _, row := range answer.GetExecutions() {
		view, known := temporalio.Memo[order.View](row, order.SummaryMemo)
		if known && strings.HasPrefix(view.OutOrderNo, call.RolloutID+"-") { // some stores ignore case
			found.Seen[view.OutOrderNo] = r.seen(row, view)
		}
	}
	return found, nil
}

func (r *Rollouts) seen(row *workflowpb.WorkflowExecutionInfo, view order.View) rollout.Seen {
	seen := rollout.Seen{Stage: view.Stage, Version: view.Version.AppVersion}
	if view.Hold != nil {
		seen.Hold, seen.Code = view.Hold.Kind, view.Hold.Code
	}
	if view.Stage == order.StageOnline {
		seen.Took = view.StageSince.Sub(view.CreatedAt)
	}
	if view.Stage == order.StageAwaitingAuthorization && r.Now().Sub(view.StageSince) > authorizedWithin {
		seen.Hold, seen.Code = order.HoldAuthorizationRevoked, "NO_TOKEN"
	}
	if !view.Stage.Ended() && temporalio.ExecutionOf(row) == order.ExecutionTerminated {
		seen.Gone, seen.Code = true, "TERMINATED"
	}
	return seen
}

// instruction is what goes with an errand. A version that was rejected is submitted again as it was.
func instruction(errand rollout.Errand, call TellReleasesCall) order.Instruction {
	in := order.Instruction{Actor: call.Actor, Reason: call.Reason}
	if errand == rollout.Resubmit {
		in.Submission = &order.Submission{}
	}
	return in
}

// TellReleases gives orders a command each. One that refuses is counted and stops nothing.
//
// Repeating it is harmless: Temporal knows an update that it has carried out by its id.
func (r *Rollouts) TellReleases(ctx context.Context, call TellReleasesCall) (ReleasesTold, error) {
	var answer ReleasesTold
	for _, one := range call.Errands {
		command := one.Errand.Command()
		refusal, err := update(ctx, r.Temporal, client.UpdateWorkflowOptions{
			WorkflowID: order.WorkflowID(call.AppID, one.OutOrderNo), UpdateName: string(command),
			UpdateID: fmt.Sprint("rollout/", call.RolloutID, "/", command, "/", call.Key),
			Args:     []any{instruction(one.Errand, call)},
		})
		if err != nil {
			return ReleasesTold{}, fmt.Errorf("%s the order %s: %w", command, one.OutOrderNo, err)
		}
		told := rollout.ErrandDone{Index: one.Index, Errand: one.Errand}
		if !refusal.IsZero() {
			told.Code = refusal.String()
		}
		answer.Told = append(answer.Told, told)
	}
	return answer, nil
}
