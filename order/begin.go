package order

import "time"

// NewView returns an order as it stands before a worker has seen it, so that lists and answers
// show it at once.
func NewView(request Request, observed bool, now time.Time) View {
	now = now.UTC()
	situation := Situation{Kind: request.Kind, Stage: StageCreating, Policy: request.Policy, Observed: observed}
	return View{
		AppID: request.AppID, OutOrderNo: request.OutOrderNo, Kind: request.Kind, MerchantRef: request.MerchantRef, ShopName: request.ShopName,
		Stage: StageCreating, StageSince: now, CreatedAt: now,
		Certification: CertificationNone, Authorization: AuthorizationNone,
		WaitingFor: situation.WaitingFor(), Commands: situation.Commands(), Observed: observed,
		OrderNo: request.OrderNo, MiniAppID: request.MiniAppID,
		Version: VersionView{
			AppVersion: request.Version.AppVersion, BundleID: request.Version.Bundle(),
			TemplateID: request.Version.TemplateID, TemplateVersion: request.Version.TemplateVersion, Experience: request.Version.IsTriedOut(),
		},
	}
}
