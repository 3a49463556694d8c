package alipaysim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
)

// sample is one message of the catalogue.
type sample struct {
	name, about string
	legacy      bool // the 1.0 layout, which names the message by notify_type
	look        func(*filler) sampleContent
}

// samples are the messages that a third-party app of this business can get, those
// that have nothing to do with mini programs too: a receiver has to live with
// every one of them. Read only.
var samples = []sample{
	{name: messageConfirmed, about: "the merchant answered a formal creation", look: (*filler).confirmed},
	{name: messageFastRegister, about: "where a trial mini program stands", look: (*filler).fastRegister},
	{name: messagePassed, about: "a version passed its audit", look: (*filler).passed},
	{name: messageRejected, about: "a version was rejected", look: func(f *filler) sampleContent { return f.audited(auditReject) }},
	{name: messageBasePassed, about: "a version is admitted and not promotable", look: func(f *filler) sampleContent { return f.audited(auditPass) }},
	{name: messageAuthorized, about: "the merchant authorised the app; brings the token", legacy: true, look: (*filler).authorized},
	{name: messageRevoked, about: "the merchant revoked the authorisation", look: (*filler).revoked},
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

// sampleOf finds a message by its name. The console's check can be sent and is not
// in the catalogue: it is a question about the gateway, not news about a merchant.
func sampleOf(name string) (sample, bool) {
	if name == serviceCheck {
		return sample{name: serviceCheck, look: (*filler).gatewayCheck}, true
	}
	i := slices.IndexFunc(samples, func(s sample) bool { return s.name == name })
	if i < 0 {
		return sample{}, false
	}
	return samples[i], true
}

// view is the message as POST /sim/v1/messages takes it, with its name and what it
// is about beside that.
func (s sample) view(f *filler) pairs {
	layout := "msg_method"
	if s.legacy {
		layout = "notify_type"
	}
	content := s.look(f)
	view := pairs{{"name", s.name}, {"about", s.about}, {layout, s.name}}
	if content.fields != nil {
		view = append(view, pair{"biz_content", content.fields})
	}
	if content.params != nil {
		view = append(view, pair{"params", content.params})
	}
	return view
}

// viewCatalogue is GET /sim/v1/catalogue: every message and scenario. The query says
// whom the messages are about; all of them are about the same order, mini program
// and merchant, and carry the same token, so that they can be played as one story.
func (s *Simulator) viewCatalogue(r *http.Request) (any, error) {
	chance, err := s.random(64)
	if err != nil {
		return nil, err
	}
	query := r.URL.Query()
	filler := newFiller(cast{
		app: cmp.Or(query.Get("app_id"), s.firstApp()), outOrderNo: query.Get("out_order_no"), orderNo: query.Get("order_no"),
		miniAppID: query.Get("mini_app_id"), appVersion: query.Get("app_version"), merchantPID: query.Get("merchant_pid"),
	}, s.cfg.Now(), chance)
	messages := make([]pairs, 0, len(samples))
	for _, sample := range samples {
		messages = append(messages, sample.view(filler))
	}
	return pairs{{"messages", messages}, {"scenarios", scenarios()}}, nil
}

// firstApp is the app that messages are for when the query names none.
func (s *Simulator) firstApp() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := append(slices.Sorted(maps.Keys(s.apps)), "") // a simulator without apps has a catalogue too
	return ids[0]
}
