package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
	"miniflow/rollout"
	"miniflow/temporalio"
	"miniflow/words"
)

// lastOrder is what a member's orders before say: whose mini program it is, and which of them put
// online what is online, as far as Temporal remembers.
type lastOrder struct {
	view   order.View
	online *commonpb.WorkflowExecution
	number string
}

// ordersRead is how many of a mini program's orders are read; the latest come first.
const ordersRead = 20

func (r *Rollouts) lastOrder(ctx context.Context, appID string, one ReleaseOf) (last lastOrder, _ error) {
	query := temporalio.NewQuery(order.WorkflowType, appID).Equals(order.AttributeMiniAppID, order.PlainID(one.MiniAppID))
	answer, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: r.Namespace, Query: query.String(), PageSize: ordersRead,
	})
	if err != nil {
		return last, fmt.Errorf("list the orders of a mini program: %w", err)
	}
	for _, row := range answer.GetExecutions() {
		view, known := temporalio.Memo[order.View](row, order.SummaryMemo)
		if !known || view.OutOrderNo == one.OutOrderNo {
			continue
		}
		if last.view.OutOrderNo == "" {
			last.view = view
		}
		if view.Stage == order.StageOnline && last.online == nil {
			last.online, last.number = row.GetExecution(), view.OutOrderNo
		}
	}
	return last, nil
}

// ext returns a member's configuration, sealed, or a code that says why it is not known: from the file,
// or else the one that is online. A member without one is begun only where the rollout says so.
func (r *Rollouts) ext(ctx context.Context, call StartReleasesCall, one ReleaseOf, last lastOrder) (ext order.Sealed, code string, _ error) {
	if call.Ext.SHA256 != "" {
		plain, err := r.fromFile(ctx, call, one.MiniAppID)
		if err != nil {
			return "", "", err
		}
		if plain != nil {
			ext, err = r.Ring.Seal(plain, call.Request.AppID, order.SealExt)
			return ext, "", err
		}
	}
	ext, code, err := r.onlineExt(ctx, call.Request.AppID, one.MiniAppID, last)
	if err == nil && code != "" && call.NoExt {
		return "", "", nil
	}
	return ext, code, err
}

// onlineExt returns the configuration of the order that put online what is online. A correction may have
// changed it since the order began: the mini program's record of the version says by its digest.
func (r *Rollouts) onlineExt(ctx context.Context, appID, miniAppID string, last lastOrder) (ext order.Sealed, code string, _ error) {
	if last.online == nil {
		return "", CodeNoExt, nil
	}
	request, err := r.requestOf(ctx, last.online)
	if err != nil {
		return "", "", err
	}
	keeper := NumberKeeper{Temporal: r.Temporal}
	records, err := keeper.Reserved(ctx, appID, miniAppID)
	if err != nil && FailureOf(err).Code != CodeOrphaned {
		return "", "", err
	}
	ext, code = request.Version.Ext, CodeExtUnsure
	for _, record := range records { // the last of its numbers is the one online
		if record.OutOrderNo == last.number {
			if code = ""; record.Ext != ext.Digest() {
				code = CodeExtUnsure
			}
		}
	}
	if code == "" && ext == "" {
		code = CodeNoExt
	}
	return ext, code, nil
}

// requestOf reads what an order was asked for, from its history's first event.
func (r *Rollouts) requestOf(ctx context.Context, run *commonpb.WorkflowExecution) (order.Request, error) {
	var input struct {
		Request order.Request `json:"request"`
	}
	page, err := r.Temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: r.Namespace, Execution: run, MaximumPageSize: 1, SkipArchival: true,
		HistoryEventFilterType: enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT,
	})
	if err != nil {
		return input.Request, fmt.Errorf("read what the order before was started with: %w", err)
	}
	events := page.GetHistory().GetEvents()
	if len(events) == 0 {
		return input.Request, errors.New("the history of the order before has no event")
	}
	payloads := events[0].GetWorkflowExecutionStartedEventAttributes().GetInput()
	return input.Request, converter.GetDefaultDataConverter().FromPayloads(payloads, &input)
}

// extFiles remembers the file that was read last: a rollout's members need it one after the other.
type extFiles struct {
	mutex sync.Mutex
	of    string
	exts  map[string]json.RawMessage
}

// fromFile returns a member's configuration from the file, nil where it has none.
func (r *Rollouts) fromFile(ctx context.Context, call StartReleasesCall, miniAppID string) (json.RawMessage, error) {
	r.exts.mutex.Lock()
	defer r.exts.mutex.Unlock()
	name := call.Request.AppID + "/" + call.Ext.SHA256
	if r.exts.of != name {
		content, err := r.Files.Fetch(ctx, call.Request.AppID, call.Ext)
		if err != nil && !errors.Is(err, ErrFileUnusable) {
			return nil, fmt.Errorf("fetch the file of configurations: %w", err)
		}
		var exts map[string]json.RawMessage
		if err == nil {
			exts, err = rollout.ReadExts(content)
		}
		if err != nil {
			return nil, failed(&Failure{Class: FailureFix, Code: CodeExtFile, Message: words.OfError(err), Fields: []string{"ext"}})
		}
		r.exts.of, r.exts.exts = name, exts
	}
	return r.exts.exts[miniAppID], nil
}
