package temporalio_test

import (
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
	"miniflow/temporalio"
)

// TestLinks: to an order's page, and to where its merchant authorises.
func TestLinks(t *testing.T) {
	const app, own = "2021000000000000", "https://render.alipay.example/confirm?x=1"
	openAuth := "https://openauth.alipay.com/oauth2/appToAppAuth.htm?app_id=" + app +
		"&application_type=TINYAPP&redirect_uri=https%3A%2F%2Fisv.example%2Fback%3Fa%3D1%26b%3D2&state=A-1"
	all := temporalio.Links{UI: "http://127.0.0.1:8233/", Namespace: "default", RedirectURIs: map[string]string{app: "https://isv.example/back?a=1&b=2"}}
	revoked := &order.Hold{Kind: order.HoldAuthorizationRevoked}
	for name, test := range map[string]struct {
		view order.View
		run  string
		want order.Links
	}{
		"with its run": {order.View{Stage: order.StageAuditing}, "run 1", order.Links{
			TemporalUI: "http://127.0.0.1:8233/namespaces/default/workflows/order%2F" + app + "%2FA-1/run%201/user-metadata"}},
		"without": {order.View{Stage: order.StageAuditing}, "", order.Links{
			TemporalUI: "http://127.0.0.1:8233/namespaces/default/workflows/order%2F" + app + "%2FA-1"}},
		"a trial's own":     {order.View{Stage: order.StageAwaitingMerchant, Links: order.Links{MerchantAuthorize: own}}, "-", order.Links{MerchantAuthorize: own}},
		"awaiting":          {order.View{Stage: order.StageAwaitingAuthorization}, "-", order.Links{MerchantAuthorize: openAuth}},
		"awaiting, a trial": {order.View{Stage: order.StageAwaitingAuthorization, Links: order.Links{MerchantAuthorize: own}}, "-", order.Links{MerchantAuthorize: own}},
		"invited": {order.View{Stage: order.StageAwaitingAuthorization, Links: order.Links{MerchantInvite: own}}, "-",
			order.Links{MerchantAuthorize: openAuth, MerchantInvite: own}},
		"invited, and come": {order.View{Stage: order.StageBuilding, Links: order.Links{MerchantInvite: own}}, "-", order.Links{}},
		"revoked, a trial":  {order.View{Stage: order.StageAuditing, Hold: revoked, Links: order.Links{MerchantAuthorize: own}}, "-", order.Links{MerchantAuthorize: openAuth}},
		"ended":             {order.View{Stage: order.StageOnline, Links: order.Links{MerchantAuthorize: own}}, "-", order.Links{}},
	} {
		t.Run(name, func(t *testing.T) {
			test.view.AppID, test.view.OutOrderNo = app, "A-1"
			got := all.Of(test.view, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{RunId: test.run}})
			if test.run == "-" {
				got.TemporalUI = ""
			}
			if got != test.want {
				t.Errorf("links\n  %+v, want\n  %+v", got, test.want)
			}
		})
	}
	awaits := order.View{AppID: app, OutOrderNo: "A-1", Stage: order.StageAwaitingAuthorization}
	if got := (temporalio.Links{Namespace: "default"}).Of(awaits, nil); got != (order.Links{}) {
		t.Errorf("links without a UI and of an app without a redirect URI: %+v", got)
	}
}
