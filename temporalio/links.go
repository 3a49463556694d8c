package temporalio

import (
	"net/url"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/internal/merchantlink"
	"miniflow/order"
)

// Links makes the links of orders, for whoever asks about one and whoever is told of it: addresses
// depend on the configuration and so don't belong into a workflow's state.
type Links struct {
	// UI is the base URL of the Temporal Web UI as operators reach it, and Namespace is that of the
	// workflows. Without UI an order has no link to its page.
	UI, Namespace string
	// RedirectURIs are where Alipay sends merchants after the authorisation link, by app. Without one
	// the link is left out, because the address is part of it.
	RedirectURIs map[string]string
	// Merchants makes the links that merchants get; nil where there is no public address, or no
	// sealing key. Now is the clock, by which such a link ends; nil means the system's.
	Merchants *merchantlink.Maker
	Now       func() time.Time
}

// Of returns the links of an order. What is known of one of its runs says where its page is, and
// whether a merchant's link would find it; nil where nothing is.
func (l Links) Of(view order.View, run *workflowpb.WorkflowExecutionInfo) order.Links {
	links := view.Links
	if l.UI != "" {
		links.TemporalUI = l.page(order.WorkflowID(view.AppID, view.OutOrderNo), run.GetExecution().GetRunId())
	}
	if _, found := Attribute[int64](run, order.AttributeMerchantLink); found { // an order that began before there were links has none until it changes
		links.Merchant = l.merchant(view)
	}
	// After a revocation the link that confirmed a trial is useless, so the merchant gets the
	// one for a new authorisation.
	revoked := view.Hold != nil && view.Hold.Kind == order.HoldAuthorizationRevoked
	if again := l.authorize(view); revoked || links.MerchantAuthorize == "" && view.Stage == order.StageAwaitingAuthorization {
		links.MerchantAuthorize = again
	}
	if view.Stage != order.StageAwaitingAuthorization {
		links.MerchantInvite = ""
	}
	if view.Stage.Ended() {
		links.MerchantAuthorize = ""
	}
	return links
}

// page returns the address of the tab of the Temporal UI that shows an order's page. The slashes of
// ids are escaped, because the UI would take them as path separators.
func (l Links) page(workflowID, runID string) string {
	link := strings.TrimRight(l.UI, "/") + "/namespaces/" + url.PathEscape(l.Namespace) +
		"/workflows/" + url.PathEscape(workflowID)
	if runID == "" {
		return link
	}
	return link + "/" + url.PathEscape(runID) + "/user-metadata"
}

// authorizePage is Alipay's page of the merchant's authorisation, the only one that it documents.
const authorizePage = "https://openauth.alipay.com/oauth2/appToAppAuth.htm"

func (l Links) authorize(view order.View) string {
	redirect := l.RedirectURIs[view.AppID]
	if redirect == "" {
		return ""
	}
	return authorizePage + "?" + url.Values{
		"app_id": {view.AppID}, "redirect_uri": {redirect},
		"application_type": {"TINYAPP"}, "state": {view.OutOrderNo},
	}.Encode()
}

// merchant returns the link for what the merchant has to do now. It is the same for weeks: it lives
// from when that was asked, or in steps of half of a link's life where that is long ago.
func (l Links) merchant(view order.View) string {
	task, since := view.MerchantTask()
	if task == "" {
		return ""
	}
	now := time.Now
	if l.Now != nil {
		now = l.Now
	}
	const step = merchantlink.Life / 2
	late := max(0, now().Sub(since)/step)
	return l.Merchants.Link(view.AppID, view.OutOrderNo, since.Add(late*step+merchantlink.Life))
}

// Tell adds the merchant's link to the events that ask the merchant for something, and the SMS that
// brings it. An event keeps its link however often it is told.
func (l Links) Tell(told []order.ToldEvent, shop string) []order.ToldEvent {
	for i := range told {
		event := &told[i]
		if event.Type != order.HappenedMerchantNeeded || event.Task == "" {
			continue
		}
		event.Link = l.Merchants.Link(event.AppID, event.OutOrderNo, event.At.Add(merchantlink.Life))
		event.SMS = merchantlink.SMS(event.Task, shop, event.Link)
	}
	return told
}
