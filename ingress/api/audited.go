package api

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/attention"
	"miniflow/ingress/api/problem"
	"miniflow/internal/audit"
	"miniflow/order"
)

// Audit keeps who did what; *audit.Log implements it.
type Audit interface {
	// Append returns once the entry is on the disk.
	Append(entry audit.Entry) error
	// Newest returns what was recorded in this process's folder, newest first.
	Newest(query audit.Query) ([]audit.Record, error)
}

// beginTrail notes who asks for what. Whether it is recorded shows at the end.
func (a *API) beginTrail(ctx huma.Context, operationID string) {
	c, record := callerOf(ctx.Context()), recordOf(ctx.Context())
	address := c.address
	if !c.person {
		address, _, _ = net.SplitHostPort(ctx.RemoteAddr())
	}
	record.trail = audit.Entry{
		Who: c.name, Role: c.role, Address: address, Action: operationID,
		Detail: objectOf(ctx),
	}
	if c.backend {
		record.trail.Actor = ctx.Header("X-Actor")
	}
}

// objectOf returns what a call is about, by its path. A call about what needs a person names it as a part
// of that thing's id.
func objectOf(ctx huma.Context) audit.Detail {
	about := attention.About(ctx.Param("app_id"), ctx.Param("id"))
	return audit.Detail{
		AppID: about.AppID, OutOrderNo: cmp.Or(ctx.Param("out_order_no"), about.OutOrderNo),
		NotifyID: cmp.Or(ctx.Param("notify_id"), about.NotifyID), MiniAppID: cmp.Or(ctx.Param("mini_app_id"), about.MiniAppID),
		RolloutID: ctx.Param("rollout_id"),
	}
}

// isCopy reports whether the message of a call is the one that came by another channel.
func isCopy(ctx huma.Context) bool {
	what, _ := attention.Subject(ctx.Param("id"))
	return ctx.Query("copy") == "true" || what == attention.OfCopy
}

// noteBefore notes how the order or the message of a command stands, by its memo: that costs a call to
// Temporal and no worker. What can't be found has stood nowhere.
func (a *API) noteBefore(ctx huma.Context) {
	record := recordOf(ctx.Context())
	if a.config.Audit == nil || ctx.Method() == http.MethodGet || record.trail.Detail.Before != nil {
		return
	}
	detail := record.trail.Detail
	switch {
	case detail.OutOrderNo != "":
		if s, err := a.standing(ctx.Context(), order.WorkflowID(detail.AppID, detail.OutOrderNo), problem.OrderUnknown); err == nil {
			record.stoodOrder(s)
		}
	case detail.NotifyID != "":
		path := DeliveryPath{detail.AppID, detail.NotifyID}
		if s, err := a.standing(ctx.Context(), deliveryWorkflow(path, isCopy(ctx)), problem.DeliveryUnknown); err == nil {
			record.stoodMessage(s)
		}
	}
}

// stoodMessage notes how a message stands and whose it is, by which what is recorded of it is found when
// the merchant is purged.
func (r *apiRecord) stoodMessage(s standing) {
	view, _ := summaryOf[order.DeliveryView](s.info)
	detail := &r.trail.Detail
	detail.OutOrderNo, detail.MiniAppID, detail.Before = view.OutOrderNo, view.MiniAppID, &audit.State{State: string(view.State)}
}

func (r *apiRecord) stoodOrder(s standing) {
	if view, known := summaryOf[order.View](s.info); known {
		r.trail.Detail.MerchantRef, r.trail.Detail.Before = view.MerchantRef, stateOf(view)
	}
}

func stateOf(view order.View) *audit.State {
	state := &audit.State{Stage: string(view.Stage), Sequence: view.Sequence}
	if view.Hold != nil {
		state.Hold = string(view.Hold.Kind)
	}
	return state
}

// noteAfter notes what an answer says of the order or the message.
func (r *apiRecord) noteAfter(output any) {
	detail := &r.trail.Detail
	switch output := output.(type) {
	case *orderOutput:
		view := output.Body.View
		detail.AppID, detail.OutOrderNo, detail.MerchantRef, detail.MiniAppID = view.AppID, view.OutOrderNo, view.MerchantRef, view.MiniAppID
		detail.After = stateOf(view)
	case *deliveryOutput:
		detail.After = &audit.State{State: string(output.Body.State)}
	case *rolloutOutput:
		detail.After = &audit.State{State: string(output.Body.State)}
	case *bulkOutput:
		detail.AppID, detail.OutOrderNo, detail.MiniAppID = output.Body.Filter.AppID, output.Body.Filter.OutOrderNo, output.Body.Filter.MiniAppID
	}
}

// endTrail records what is not only a look: every command, what was refused to the caller, and what was
// hidden because it is another merchant's. What was revealed is recorded already.
func (a *API) endTrail(ctx huma.Context, status int) {
	record := recordOf(ctx.Context())
	forbidden := status == http.StatusForbidden || record.hidden
	if a.config.Audit == nil || record.recorded || ctx.Method() == http.MethodGet && !forbidden {
		return
	}
	entry := record.trail
	entry.Outcome, entry.Problem = outcomeOf(status), string(record.kind)
	switch {
	case record.hidden:
		entry.Problem = string(problem.MerchantForbidden)
	case entry.Outcome == audit.Refused && entry.Problem == "":
		entry.Problem = string(problem.FieldsInvalid) // found by the framework
	}
	if err := a.config.Audit.Append(entry); err != nil {
		a.config.Log.ErrorContext(ctx.Context(), "a call is not in the audit log", "operation", entry.Action, logCaller, entry.Who, "error", err.Error())
	}
}

func outcomeOf(status int) audit.Outcome {
	switch {
	case status >= http.StatusInternalServerError || status == 0: // a handler that panicked has answered nothing yet
		return audit.Failed
	case status >= http.StatusBadRequest:
		return audit.Refused
	}
	return audit.Done
}

// reveal records that what is masked else is shown, before it is: what can't be recorded is not shown.
func (a *API) reveal(ctx context.Context, fields ...string) error {
	if a.config.Audit == nil {
		return nil
	}
	record := recordOf(ctx)
	record.trail.Outcome, record.trail.Detail.Revealed = audit.Done, fields
	if err := a.config.Audit.Append(record.trail); err != nil {
		return problem.New(problem.Failed, "this is shown only where it can be recorded, and the audit log can't be written; the log of this process says why").Because(err)
	}
	record.recorded = true
	return nil
}

// kindOf returns the kind of a problem by its type.
func kindOf(p *problem.Problem) problem.Kind {
	return problem.Kind(strings.TrimPrefix(string(p.Type), problem.Path))
}
