package service

import (
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay/drift"
	"miniflow/alipay/notify"
	"miniflow/internal/config"
)

// What a message under a merchant's id differs in is listed for the provider, whose keys may see it.
func TestAMerchantsMessageIsComparedForTheProvider(t *testing.T) {
	ledger, err := drift.NewLedger(slog.New(slog.DiscardHandler), prometheus.NewRegistry(), now)
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{drift: ledger, apps: []app{{config: config.App{ID: "2021000000000000", MerchantAppIDs: []string{"2021000000000077"}}}}}
	s.compare(&notify.Notification{AppID: "2021000000000077", Name: "alipay.open.mini.news"})
	s.compare(&notify.Notification{AppID: "2021000000000000", Name: "alipay.open.mini.news"})
	if seen := ledger.Report([]string{"2021000000000000"}, false).Differences; len(seen) != 1 || seen[0].Count != 2 {
		t.Errorf("listed: %+v", seen)
	}
}
