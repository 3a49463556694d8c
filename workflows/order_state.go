package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// orderState is all that an order carries from run to run.
type orderState struct {
	Stage      order.Stage `json:"stage"`
	StageSince time.Time   `json:"stage_since"`
	FinishedAt *time.Time  `json:"finished_at,omitempty"`
	Hold       *order.Hold `json:"hold,omitempty"`

	OrderNo       string               `json:"order_no,omitempty"`
	MiniAppID     string               `json:"mini_app_id,omitempty"`
	AuthorizeURL  string               `json:"authorize_url,omitempty"`
	Merchant      order.MerchantStatus `json:"merchant,omitempty"`
	Certification order.Certification  `json:"certification"`
	Authorization order.Authorization  `json:"authorization"`
	Claimed       bool                 `json:"claimed,omitempty"`
	Woken         bool                 `json:"woken,omitempty"`

	Create     []order.Sealed   `json:"create,omitempty"`
	Version    order.Version    `json:"version"`
	Submission order.Submission `json:"submission"`
	// OwnNumber is set when Miniflow chose the version's number, and may choose another.
	OwnNumber bool `json:"own_number,omitempty"`
	Uploaded  bool `json:"uploaded,omitempty"`
	Rebuilt   bool `json:"rebuilt,omitempty"`
	// Drop names the fields that Alipay does not let this mini program change.
	Drop []string `json:"drop,omitempty"`

	Audits []order.Audit `json:"audits,omitempty"`
	// Rework is set between a resubmit command and the version's way back.
	Rework *order.Instruction `json:"rework,omitempty"`
	// Withdraw is set between a withdraw command and the end of the audit.
	Withdraw bool `json:"withdraw,omitempty"`
	// Approved lets the manual step of this stage go on.
	Approved bool `json:"approved,omitempty"`
	// AskFirst holds a step that was undone until a person lets it go on, whatever the policy.
	AskFirst bool `json:"ask_first,omitempty"`
	// Patient is set when Alipay refused for now: the step tries by the busy schedule.
	Patient bool `json:"patient,omitempty"`
	// GraceOver is set when auto_online has had its time.
	GraceOver  bool  `json:"grace_over,omitempty"`
	Promotable *bool `json:"promotable,omitempty"`
	Barked     bool  `json:"barked,omitempty"`
	// Blind is set when Alipay refused the stage's question.
	Blind bool `json:"blind,omitempty"`

	CancelRequested bool   `json:"cancel_requested,omitempty"`
	Reason          string `json:"reason,omitempty"`

	Sequence int                  `json:"sequence"`
	Timeline []order.TimelineItem `json:"timeline,omitempty"`
	Folded   int                  `json:"folded,omitempty"`

	Seen seenSet `json:"seen"`
	// Repeats are the Idempotency-Keys of the commands that were carried out.
	Repeats repeats `json:"repeats,omitempty"`
	// Told are the business facts that a message has told already.
	Told []string `json:"told,omitempty"`
	// Claims are messages that wait for Alipay's query to agree.
	Claims []order.Notification `json:"claims,omitempty"`
	// Outbox are messages that have to become Deliveries.
	Outbox []order.DeliveryInput `json:"outbox,omitempty"`
}

func newOrderState(input order.Input) orderState {
	request := input.Request
	return orderState{
		Stage: order.StageCreating, StageSince: input.CreatedAt,
		OrderNo: request.OrderNo, MiniAppID: request.MiniAppID,
		Certification: order.CertificationNone, Authorization: order.AuthorizationNone,
		Create: request.Create, Version: request.Version, Submission: request.Submission,
		OwnNumber: request.Version.AppVersion == "",
	}
}

// move takes the order along the table, and nowhere else. It reports whether
// there was such a move.
func (o *orderRun) move(ctx workflow.Context, on order.Event, note string) bool {
	to, ok := order.Next(o.Stage, on)
	if !ok {
		workflow.GetLogger(ctx).Warn("a move that is not in the table was refused", "stage", o.Stage, "event", on)
		return false
	}
	o.Stage, o.StageSince = to, o.now(ctx)
	o.Barked, o.Blind, o.Approved, o.Patient, o.Withdraw, o.GraceOver = false, false, false, false, false, false
	if o.Hold != nil && !o.authorizationMissing() {
		o.unhold(ctx)
	}
	o.happened(ctx, order.TimelineItem{Event: order.HappenedStageChanged, Note: note})
	if to.Ended() {
		o.finish(ctx, note)
	}
	return true
}

func (o *orderRun) finish(ctx workflow.Context, note string) {
	at := o.now(ctx)
	o.FinishedAt, o.Hold = &at, nil
	if o.Reason == "" && o.Stage != order.StageOnline {
		o.Reason = note
	}
	o.happened(ctx, order.TimelineItem{Event: order.HappenedFinished})
}

// hold stops the acting and keeps the place.
func (o *orderRun) hold(ctx workflow.Context, kind order.HoldKind, code, message string, fields ...string) {
	if o.Hold != nil && o.Hold.Kind == kind && o.Hold.Code == code && slices.Equal(o.Hold.Fields, fields) {
		return
	}
	o.Hold = &order.Hold{
		Kind: kind, Since: o.now(ctx), Code: code, Message: order.CutText(message, 1<<10), Fields: append([]string{}, fields...),
	}
	o.happened(ctx, order.TimelineItem{Event: order.HappenedAttentionNeeded, Note: fmt.Sprintf("%s %s", kind, code)})
}

// unhold ends the hold.
func (o *orderRun) unhold(ctx workflow.Context) {
	if o.Hold == nil {
		return
	}
	note := string(o.Hold.Kind)
	o.Hold = nil
	o.happened(ctx, order.TimelineItem{Event: order.HappenedAttentionCleared, Note: note})
}

func (o *orderRun) holdKind() order.HoldKind {
	if o.Hold == nil {
		return ""
	}
	return o.Hold.Kind
}

// situation is what the commands and the wording depend on.
func (o *orderRun) situation() order.Situation {
	s := order.Situation{
		Kind: o.input.Request.Kind, Stage: o.Stage, Hold: o.holdKind(), Policy: o.input.Request.Policy,
		CancelRequested: o.CancelRequested, Reworking: o.Rework != nil,
	}
	if o.Hold != nil {
		s.HoldCode = o.Hold.Code
	}
	return s
}

// authorizationMissing tells whether the stage's calls can't be made for want of a token.
func (o *orderRun) authorizationMissing() bool {
	return o.Stage.NeedsAuthorization() && o.Authorization != order.AuthorizationAuthorized
}

// lastAudit is the current attempt, nil before the first.
func (o *orderRun) lastAudit() *order.Audit {
	if len(o.Audits) == 0 {
		return nil
	}
	return &o.Audits[len(o.Audits)-1]
}
