// Package catalogue is what can be pushed by hand, for receivers that have to meet more
// than one life causes: a sample of every message that a third-party app of this
// business can get, the scenarios that are made of them, and the pictures that links
// lead to.
package catalogue

import (
	"slices"
	"time"

	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/wire"
)

type sample struct {
	name, about string
	legacy      bool // the 1.0 layout, which names the message by notify_type
	look        func(*filler) Content
}

// samples are the messages that a third-party app of this business can get, those
// that have nothing to do with mini programs too: a receiver has to live with
// every one of them. Read only.
var samples = []sample{
	{name: lifecycle.MessageConfirmed, about: "the merchant answered a formal creation", look: (*filler).confirmed},
	{name: lifecycle.MessageFastRegister, about: "where a trial mini program stands", look: (*filler).fastRegister},
	{name: lifecycle.MessagePassed, about: "a version passed its audit", look: (*filler).passed},
	{name: lifecycle.MessageRejected, about: "a version was rejected", look: func(f *filler) Content { return f.audited(lifecycle.VerdictReject) }},
	{name: lifecycle.MessageBasePassed, about: "a version is admitted and not promotable", look: func(f *filler) Content { return f.audited(lifecycle.VerdictPass) }},
	{name: lifecycle.MessageAuthorized, about: "the merchant authorised the app; brings the token", legacy: true, look: (*filler).authorized},
	{name: lifecycle.MessageRevoked, about: "the merchant revoked the authorisation", look: (*filler).revoked},
	{name: "alipay.open.auth.appauth.cancel", about: "the same under its older name", look: (*filler).revoked},
	{name: "alipay.open.app.api.field.changed", about: "an application for user information was reviewed", look: (*filler).fieldChanged},
	{name: "alipay.open.auth.userauth.cancelled", about: "an end user withdrew an authorisation", look: (*filler).userCancelled},
	{name: "alipay.trade.refund.depositback.completed", about: "a refund to a bank account is finished", look: (*filler).depositBack},
	{name: "ant.merchant.expand.indirect.zft.passed", about: "a sub-merchant was taken on", look: (*filler).onboarded},
	{name: "ant.merchant.expand.indirect.zft.rejected", about: "a sub-merchant was refused", look: (*filler).notOnboarded},
	{name: "servicemarket_order_notify", about: "a merchant ordered a template; flat, without biz_content", legacy: true, look: (*filler).templateOrdered},
	{name: "alipay.open.sp.operation.result.notify", about: "a binding or authorisation of the provider has a result", look: (*filler).operated},
	{name: "alipay.open.sp.inteop.sync.notify", about: "where an integrated onboarding stands", look: (*filler).onboardingMoved},
	{name: "alipay.merchant.tradecomplain.changed", about: "a complaint against the merchant changed", look: (*filler).complained},
}

// Messages are every message as POST /sim/v1/messages takes it. All of them are about
// the same cast, so that they can be played as one story.
func Messages(about Cast, now time.Time, chance []byte) []wire.Object {
	filler := newFiller(about, now, chance)
	list := make([]wire.Object, 0, len(samples))
	for _, sample := range samples {
		list = append(list, sample.view(filler))
	}
	return list
}

// Sample returns how a message looks when its sender says nothing about it. The
// console's check can be sent and is not in the catalogue: it is a question about the
// gateway, not news about a merchant.
func Sample(name string, about Cast, now time.Time, chance []byte) Content {
	f := newFiller(about, now, chance)
	if name == lifecycle.ServiceCheck {
		return f.gatewayCheck()
	}
	i := slices.IndexFunc(samples, func(s sample) bool { return s.name == name })
	if i < 0 {
		return Content{Params: map[string]string{}}
	}
	return samples[i].look(f)
}

// view is the message as POST /sim/v1/messages takes it, once name and about are taken
// out: those are for the person who chooses.
func (s sample) view(f *filler) wire.Object {
	layout := "msg_method"
	if s.legacy {
		layout = "notify_type"
	}
	content := s.look(f)
	view := wire.Object{{"name", s.name}, {"about", s.about}, {layout, s.name}}
	if content.Fields != nil {
		view = append(view, wire.Member{"biz_content", content.Fields})
	}
	if content.Params != nil {
		view = append(view, wire.Member{"params", content.Params})
	}
	return view
}
