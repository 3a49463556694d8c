package workflows

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
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
	charge
	traces
	// Woken is set once the messages that came before the order were called.
	Woken bool `json:"woken,omitempty"`

	Create     []order.Sealed   `json:"create,omitempty"`
	Version    order.Version    `json:"version"`
	Submission order.Submission `json:"submission"`
	build

	Audits []order.Audit `json:"audits,omitempty"`
	course
	// Visit is what belongs to this visit of the stage.
	Visit visit `json:"visit,omitzero"`

	// Act is the act at Alipay whose truth is not known.
	Act *act `json:"act,omitempty"`
	// Pauses are the calls that were refused.
	Pauses pauses `json:"pauses,omitempty"`
	// Refusals are the times of the last refused calls.
	Refusals []time.Time `json:"refusals,omitempty"`

	Promotable *bool `json:"promotable,omitempty"`
	// Limited is set for a release in the limited form: one that took place, or one that a
	// closed run had asked for.
	Limited bool `json:"limited,omitempty"`
	// Doubt is what the mini program has to find out about the token.
	Doubt *order.Doubt `json:"doubt,omitempty"`
	// RefusedToken is the code with which Alipay refused the token last.
	RefusedToken string `json:"refused_token,omitempty"`
	// Unasked is why Alipay could not be asked about the token.
	Unasked string `json:"unasked,omitempty"`
	// Queue is set while another order is in charge of the mini program.
	Queue *order.QueuePlace `json:"queue,omitempty"`

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
		build: build{OwnNumber: request.Version.AppVersion == ""},
	}
}

// resume takes what the closed run knew. The story is told from its beginning, where
// every step asks Alipay first and finds what stands there; the number of a version
// that was uploaded is recorded with the mini program.
func (s *orderState) resume(again order.BegunAgain) error {
	last := again.Last
	s.StageSince, s.Earlier = again.At, last.Version.AppVersion != ""
	s.OrderNo, s.AuthorizeURL = cmp.Or(last.OrderNo, s.OrderNo), last.Links.MerchantAuthorize
	s.MiniAppID, s.Certification = cmp.Or(last.MiniAppID, s.MiniAppID), cmp.Or(last.Certification, s.Certification)
	s.Version.TemplateID = cmp.Or(last.Version.TemplateID, s.Version.TemplateID)
	s.Version.TemplateVersion = cmp.Or(last.Version.TemplateVersion, s.Version.TemplateVersion)
	if !s.OwnNumber {
		s.Version.AppVersion = cmp.Or(last.Version.AppVersion, s.Version.AppVersion)
	}
	s.Audits, s.Timeline, s.Sequence = last.Audits, last.Timeline, last.Sequence
	if last.Hold != nil && last.Hold.Kind == order.HoldNeedsApproval { // whatever the policy: a person wanted it so
		s.AskFirst = last.Stage
	}
	if last.CancelRequested {
		s.CancelRequested, s.Reason = true, last.Reason
	}
	if len(again.Carried) == 0 {
		return nil
	}
	var left orderState
	if err := json.Unmarshal(again.Carried, &left); err != nil {
		return fmt.Errorf("read what the closed run knew: %w", err)
	}
	s.inherit(left)
	return nil
}

// inherit takes what no view shows: what people have corrected and wanted, and what
// was heard. Where the order stood is found out anew.
func (s *orderState) inherit(left orderState) {
	s.Create, s.Submission, s.Drop = left.Create, left.Submission, left.Drop
	s.Version, s.OwnNumber, s.Tried = left.Version, left.OwnNumber, left.Tried
	s.beginBuild()
	s.Unheard = left.Unheard || left.Act != nil && left.Act.Call == activities.CreateMiniProgram.Name
	s.Seen, s.Repeats, s.Told, s.Folded = left.Seen, left.Repeats, left.Told, left.Folded
	s.Claims, s.Outbox = left.Claims, left.Outbox
	s.Limited = left.Visit.Unfiled
	switch {
	case left.AskFirst != "":
		s.AskFirst = left.AskFirst
	case left.Withdraw: // nobody knows whether it was withdrawn
		s.AskFirst = order.StageReleasing
	case left.Rework != nil: // what was corrected was not submitted, and the rejected is not to be once more
		s.AskFirst = order.StageSubmitting
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
	if o.AskFirst == o.Stage && to != o.Stage {
		o.AskFirst = ""
	}
	o.Stage, o.StageSince, o.Visit = to, o.now(ctx), visit{}
	if o.Act != nil { // a lost act's truth is what moved the order
		o.Pauses = o.Pauses.without(o.Act.Call)
		o.Act = nil
	}
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
	o.FinishedAt, o.Hold, o.Pauses, o.Queue = &at, nil, nil, nil
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
	o.Visit.HoldChanged = o.Hold.Since
	o.happened(ctx, order.TimelineItem{Event: order.HappenedAttentionNeeded, Note: fmt.Sprintf("%s %s", kind, code)})
}

// unhold ends the hold.
func (o *orderRun) unhold(ctx workflow.Context) {
	if o.Hold == nil {
		return
	}
	note := string(o.Hold.Kind)
	o.Hold, o.Visit.HoldChanged = nil, o.now(ctx)
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
		CancelRequested: o.CancelRequested, Reworking: o.Rework != nil, Withdrawing: o.Withdraw, Queue: o.Queue,
	}
	if o.Hold != nil {
		s.HoldCode, s.HoldFields = o.Hold.Code, o.Hold.Fields
	}
	if o.Act != nil {
		s.Call = o.callName(o.Act.Call)
	}
	if o.resting.call != "" {
		s.Paused, s.NextTry = o.callName(o.resting.call), o.resting.until
		if waits := o.Pauses.of(o.resting.call); waits != nil {
			s.LastAnswer = waits.Code
		}
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
