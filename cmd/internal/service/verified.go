package service

import (
	"log/slog"
	"slices"

	"miniflow/alipay/notify"
	"miniflow/internal/config"
)

// VerifiedApps are the configured apps as a verifier takes them: third-party apps and, with the
// same keys, the merchants' own ids beside them. A notification may carry a merchant's
// app_id (merchant_app_ids), and is signed for the provider all the same.
func VerifiedApps(cfg *config.Config) ([]notify.App, error) {
	apps, _, err := readApps(cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return nil, err
	}
	return verifiedApps(apps), nil
}

// It is made again at each change of keys: a verifier never changes while messages are verified.
func verifiedApps(apps []app) []notify.App {
	verified := make([]notify.App, 0, len(apps))
	for _, one := range apps {
		// The keys that hold now: Alipay may have changed to a certificate that was fetched since.
		current := one.verified
		current.AlipayKeys, current.FormerKeys = one.keys.all(), one.formerKeys()
		verified = append(verified, current)
		// A copy under another id, so that the verifier finds the keys by the app_id that it reads.
		for _, id := range one.config.MerchantAppIDs {
			merchant := current
			merchant.ID = id
			verified = append(verified, merchant)
		}
	}
	return verified
}

// compare hands a message to the ledger under the third-party application that it is for.
func (s *Service) compare(n *notify.Notification) {
	appID := n.AppID
	for _, one := range s.apps {
		if slices.Contains(one.config.MerchantAppIDs, appID) {
			appID = one.config.ID
		}
	}
	s.drift.Received(appID, n)
}
