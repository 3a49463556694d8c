package workflows

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// orderState is all that an order carries from run to run. The next run may be that of the
// next version of Miniflow, so a member is added here and neither renamed nor given another
// meaning; testdata/carried holds each of them.
type orderState struct {
	Stage      order.Stage `json:"stage"`
	StageSince time.Time   `json:"stage_since"`
	FinishedAt *time.Time  `json:"finished_at,omitempty"`
	Hold       *order.Hold `json:"hold,omitempty"`

	OrderNo      string `json:"order_no,omitempty"`
	MiniAppID    string `json:"mini_app_id,omitempty"`
	AuthorizeURL string `json:"authorize_url,omitempty"`
	// InviteURL is where the merchant authorises by an invitation, the second way beside the link.
	InviteURL     string               `json:"invite_url,omitempty"`
	Merchant      order.MerchantStatus `json:"merchant,omitempty"`
	Certification order.Certification  `json:"certification"`
	Authorization order.Authorization  `json:"authorization"`
	charge
	traces
	// Woken is set once the messages that came before the order were called; no message comes early
	// after that.
	Woken bool `json:"woken,omitempty"`

	Create []order.Sealed `json:"create,omitempty"`
	// Certify are the papers for a trial's certification, until they are with Alipay.
	Certify    []order.Sealed   `json:"certify,omitempty"`
	Version    order.Version    `json:"version"`
	Submission order.Submission `json:"submission"`
	build

	Audits []order.Audit `json:"audits,omitempty"`
	// Pictured is the attempt whose pictures have to be copied, 0 for none.
	Pictured int `json:"pictured,omitempty"`
	course
	// Visit is what belongs to this visit of the stage. It is a member and not embedded, so that a
	// move replaces it whole.
	Visit visit `json:"visit,omitzero"`

	// Act is the act at Alipay whose truth is not known; until it is, no other act is made.
	Act    *act   `json:"act,omitempty"`
	Pauses pauses `json:"pauses,omitempty"`
	// Refusals are the times of the last refused calls, by which an order's calls stay few however
	// Alipay answers.
	Refusals []time.Time `json:"refusals,omitempty"`
	// LastTry is the last call that came to an answer, or to none.
	LastTry *order.Try `json:"last_try,omitempty"`

	// Observed is set while another system acts for the order, which follows.
	Observed   bool  `json:"observed,omitempty"`
	Promotable *bool `json:"promotable,omitempty"`
	// Limited is set for a release in the limited form: one that took place, or one that a
	// closed run had asked for.
	Limited bool `json:"limited,omitempty"`
	// Doubt is what the mini program has to find out about the token. It is carried until it has
	// arrived.
	Doubt *order.Doubt `json:"doubt,omitempty"`
	// LostSince is when the authorisation was lost that is missed now; zero while none is.
	LostSince time.Time `json:"lost_since,omitzero"`
	// RefusedToken is the code with which Alipay refused the token last: it decides who has to do
	// something about it.
	RefusedToken string `json:"refused_token,omitempty"`
	// Unasked is why Alipay could not be asked about the token, which an operator may be able to
	// mend.
	Unasked string `json:"unasked,omitempty"`
	// NamedBy is the mini program that has said where this order stands, and that has to hear of its
	// end: Alipay may never have said that it is the order's.
	NamedBy string `json:"named_by,omitempty"`
	// Queue is set while another order is in charge of the mini program: until then no call may be
	// made.
	Queue *order.QueuePlace `json:"queue,omitempty"`

	CancelRequested bool       `json:"cancel_requested,omitempty"`
	Reason          words.Text `json:"reason,omitzero"`

	Sequence int                  `json:"sequence"`
	Timeline []order.TimelineItem `json:"timeline,omitempty"`
	Folded   int                  `json:"folded,omitempty"`
	// LastFolded is the last sequence of each kind of event that was folded away.
	LastFolded map[string]int `json:"last_folded,omitempty"`
	// ChangedAt is the time of the last event to the ISV's backend.
	ChangedAt time.Time `json:"changed_at,omitzero"`

	Seen durable.Seen `json:"seen"`
	// Repeats are the Idempotency-Keys of the commands that were carried out. Temporal's own memory
	// of updates ends with the run.
	Repeats durable.Repeats `json:"repeats,omitempty"`
	// Applied are the business facts that a message has been applied for, so that the same fact
	// under another id is a duplicate.
	Applied []string `json:"told,omitempty"`
	// Assertions are messages that wait for Alipay's query to agree; Alipay does not send them
	// again.
	Assertions []order.Notification `json:"claims,omitempty"`
	// Facts are the last that messages announce, for the app's Sweep.
	Facts []order.Fact `json:"facts,omitempty"`
	// Outbox are messages that have to become Deliveries, which is done before the run ends.
	Outbox []order.DeliveryInput `json:"outbox,omitempty"`
}

// newOrderState begins at creating for every kind: a release order, whose mini program exists,
// moves on at its first step.
func newOrderState(input order.Input) orderState {
	request := input.Request
	return orderState{
		Stage: order.StageCreating, StageSince: input.CreatedAt,
		OrderNo: request.OrderNo, MiniAppID: request.MiniAppID,
		Certification: order.CertificationNone, Authorization: order.AuthorizationNone,
		Create: request.Create, Version: request.Version, Submission: request.Submission,
		build:    build{OwnNumber: request.Version.AppVersion == ""},
		Observed: input.Observed,
	}
}

// resume takes what the closed run knew. The story begins again, because
// what the closed run did last is not known: every step asks Alipay first and finds what
// stands there, and the number of a version that was uploaded is recorded with the mini
// program.
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
	if last.Hold != nil && last.Hold.Kind == order.HoldNeedsApproval { // no matter what the policy says: a person wanted it so
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

// inherit takes what no view shows: what people have corrected and wanted, and which
// messages were received. Where the order stood is found out again.
func (s *orderState) inherit(left orderState) {
	s.Create, s.Submission, s.Drop = left.Create, left.Submission, left.Drop
	s.Version, s.OwnNumber, s.Tried = left.Version, left.OwnNumber, left.Tried
	s.beginBuild()
	s.Unheard = left.Unheard || left.Act != nil && left.Act.Call == activities.CreateMiniProgram.Name
	s.Seen, s.Repeats, s.Applied, s.Folded = left.Seen, left.Repeats, left.Applied, left.Folded
	s.LastFolded, s.ChangedAt = left.LastFolded, left.ChangedAt
	s.Assertions, s.Outbox, s.NamedBy = left.Assertions, left.Outbox, left.NamedBy
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
