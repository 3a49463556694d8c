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
	Claimed       bool                 `json:"claimed,omitempty"`
	// Placed is set once the mini program has said where the order stands since it was claimed last.
	Placed bool `json:"placed,omitempty"`
	// Earlier is set while a version may stand at Alipay that an earlier run of the order, which was
	// closed or reset, has made and that this run has not come to.
	Earlier bool `json:"earlier,omitempty"`
	// Unheard is set once an answer to create was lost, until Alipay has said what became of it.
	Unheard bool `json:"unheard,omitempty"`
	Woken   bool `json:"woken,omitempty"`

	Create     []order.Sealed   `json:"create,omitempty"`
	Version    order.Version    `json:"version"`
	Submission order.Submission `json:"submission"`
	// OwnNumber is set when Miniflow chose the version's number, and may choose another.
	OwnNumber bool `json:"own_number,omitempty"`
	// Reserved is set once the number is recorded for this order.
	Reserved bool `json:"reserved,omitempty"`
	Uploaded bool `json:"uploaded,omitempty"`
	Rebuilt  bool `json:"rebuilt,omitempty"`
	// Tried is the highest number that was tried.
	Tried string `json:"tried,omitempty"`
	// Drop names the fields that Alipay does not let this mini program change.
	Drop []string `json:"drop,omitempty"`

	Audits []order.Audit `json:"audits,omitempty"`
	// Rework is set between a resubmit command and the version's way back. It answers
	// the rejection that it was given for, and no later one.
	Rework *order.Instruction `json:"rework,omitempty"`
	// Withdraw is set from a withdraw command until the version is out of Alipay's hands, or online.
	Withdraw bool `json:"withdraw,omitempty"`
	// AskFirst is the stage whose act was undone, or overtaken by a person's withdrawal: it
	// waits for an approval, whatever the policy.
	AskFirst order.Stage `json:"ask_first,omitempty"`
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

// visit is what belongs to one visit of a stage. Whoever leaves the stage forgets it.
type visit struct {
	// Approved lets the manual step of this stage go on.
	Approved bool `json:"approved,omitempty"`
	// GraceOver is set when auto_online has had its time.
	GraceOver bool `json:"grace_over,omitempty"`
	// Unfiled is set when Alipay refused the full release for want of an ICP filing, and the
	// limited one is asked for.
	Unfiled bool `json:"unfiled,omitempty"`
	// Blind is set when Alipay refused the stage's question.
	Blind bool `json:"blind,omitempty"`
	// Barked is what the watchdog has asked for a person about; see watched.
	Barked string `json:"barked,omitempty"`
	// HoldChanged is when the stage's hold began or ended last.
	HoldChanged time.Time `json:"hold_changed,omitzero"`
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
	if s.OwnNumber {
		s.Version.AppVersion = ""
	}
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
