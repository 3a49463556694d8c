package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// view is the order as people see it. Links are added by the API: no state
// holds an address.
func (o *orderRun) view() order.View {
	request, s := o.input.Request, o.situation()
	next, every := o.looksNext()
	code, opens := o.experienceLinks()
	return order.View{
		AppID: request.AppID, OutOrderNo: request.OutOrderNo, Kind: request.Kind, MerchantRef: request.MerchantRef, ShopName: request.ShopName,
		Stage: o.Stage, StageSince: o.StageSince, FinishedAt: o.FinishedAt, Certification: o.Certification,
		Hold: o.Hold, WaitingFor: s.WaitingFor(), Commands: s.Commands(),
		LastTry: o.LastTry, NextLook: next, LookEvery: every,
		OrderNo: o.OrderNo, MiniAppID: o.MiniAppID, Authorization: o.Authorization,
		Links: order.Links{MerchantAuthorize: o.AuthorizeURL, MerchantInvite: o.InviteURL, ExperienceQR: code, Experience: opens},
		Version: order.VersionView{
			AppVersion: o.Version.AppVersion, BundleID: o.Version.Bundle(),
			TemplateID: o.Version.TemplateID, TemplateVersion: o.Version.TemplateVersion, Experience: o.Version.IsTriedOut(),
		},
		Promotable: o.Promotable, Audits: o.Audits, Sequence: o.Sequence, Timeline: o.Timeline,
		CreatedAt: o.input.CreatedAt, Queue: o.Queue, Observed: o.Observed, CancelRequested: o.CancelRequested, Reason: o.Reason,
	}
}

// situation is what the commands and the wording depend on. They are decided in package
// order, so that the API and the page say the same.
func (o *orderRun) situation() order.Situation {
	s := order.Situation{
		Kind: o.input.Request.Kind, Stage: o.Stage, Hold: o.holdKind(), Policy: o.input.Request.Policy,
		CancelRequested: o.CancelRequested, Reworking: o.Rework != nil, Withdrawing: o.Withdraw, Queue: o.Queue, Observed: o.Observed,
		Certification: o.Certification, Certifying: len(o.Certify) > 0,
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

// publish brings search attributes, the summary and the page up to date, whenever the loop
// is about to wait. Each costs an event, so it is done only when something that they show
// has changed. An order that can't show itself goes on all the same.
func (o *orderRun) publish(ctx workflow.Context) {
	if o.dirty || o.retold {
		workflow.SetCurrentDetails(ctx, o.page())
	}
	o.retold = false
	if !o.dirty {
		return
	}
	o.dirty = false
	logger := workflow.GetLogger(ctx)
	if found := o.finding(); found != o.found {
		o.found = found
		if err := workflow.UpsertTypedSearchAttributes(ctx, o.attributes()...); err != nil {
			logger.Error("search attributes could not be set", "error", err)
		}
	}
	// The summary shows the sequence, by which a list shows that there is news. What
	// changes without one, such as the call that is being made, is not worth an event.
	summarised := o.summary()
	if summarised == o.summarised {
		return
	}
	o.summarised = summarised
	memo := map[string]any{order.SummaryMemo: o.view().Summary()}
	if o.sleeps {
		memo[order.LookMemo] = o.look()
		if !o.ChangedAt.Equal(o.told) {
			o.told, memo[order.ToldMemo] = o.ChangedAt, order.ToldOf(o.view(), o.LastFolded)
		}
	}
	if err := workflow.UpsertMemo(ctx, memo); err != nil {
		logger.Error("the summary could not be set", "error", err)
	}
}

// finding is what the search attributes show, in one text that can be compared.
func (o *orderRun) finding() string {
	found := fmt.Sprint(o.Stage, o.holdKind(), o.MiniAppID, len(o.Audits))
	if o.sleeps {
		found += fmt.Sprint(o.nextLook(), o.factAt(), o.ChangedAt)
	}
	return found
}

// summary is what the memo shows, in one text that can be compared.
func (o *orderRun) summary() string {
	summarised := fmt.Sprint(o.Sequence, o.OrderNo, o.Version.AppVersion, o.Queue != nil)
	if o.Queue != nil {
		summarised += fmt.Sprint(*o.Queue)
	}
	if o.asleep != nil {
		summarised += fmt.Sprint(o.asleep.wait)
	}
	return summarised
}

// attributes are what an order is found by. They are not secret: everybody who may look into
// the Temporal namespace sees them.
func (o *orderRun) attributes() []temporal.SearchAttributeUpdate {
	updates := []temporal.SearchAttributeUpdate{
		temporal.NewSearchAttributeKeyKeyword(order.AttributeOrderStage).ValueSet(string(o.Stage)),
		temporal.NewSearchAttributeKeyKeyword(order.AttributeOrderHold).ValueSet(string(o.holdKind())),
		temporal.NewSearchAttributeKeyInt64(order.AttributeAuditAttempt).ValueSet(int64(len(o.Audits))),
		temporal.NewSearchAttributeKeyInt64(order.AttributeMerchantLink).ValueSet(order.MerchantLinkID(o.input.Request.AppID, o.input.Request.OutOrderNo)),
	}
	if o.sleeps {
		updates = append(updates, timeAttribute(order.AttributeNextLook, o.nextLook()), timeAttribute(order.AttributeFactAt, o.factAt()),
			timeAttribute(order.AttributeChangedAt, o.ChangedAt))
	}
	if o.MiniAppID != "" {
		updates = append(updates, temporal.NewSearchAttributeKeyKeyword(order.AttributeMiniAppID).ValueSet(order.PlainID(o.MiniAppID)))
	}
	return updates
}

// timeAttribute sets a search attribute to a moment, or takes it away where there is none.
func timeAttribute(name string, at time.Time) temporal.SearchAttributeUpdate {
	key := temporal.NewSearchAttributeKeyTime(name)
	if at.IsZero() {
		return key.ValueUnset()
	}
	return key.ValueSet(at)
}
