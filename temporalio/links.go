package temporalio

import (
	"net/url"
	"strings"

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
}

// Of returns the links of an order, to the page of one of its runs where that is known.
func (l Links) Of(view order.View, runID string) order.Links {
	links := view.Links
	if l.UI != "" {
		links.TemporalUI = l.page(order.WorkflowID(view.AppID, view.OutOrderNo), runID)
	}
	// After a revocation the link that confirmed a trial is useless, so the merchant gets the
	// one for a new authorisation.
	revoked := view.Hold != nil && view.Hold.Kind == order.HoldAuthorizationRevoked
	if again := l.authorize(view); revoked || links.MerchantAuthorize == "" && view.Stage == order.StageAwaitingAuthorization {
		links.MerchantAuthorize = again
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
