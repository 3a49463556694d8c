package clustertest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/crowd"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// TestASearchFindsOnPostgreSQL: the same that it finds on SQLite, on one page or many.
func TestASearchFindsOnPostgreSQL(t *testing.T) {
	defer running.intact(t)
	must(t, running.alipay.Rules(t.Context(), alipaysim.Rule{Merchant: &alipaysim.MerchantRule{Answer: "none"}}))
	for _, one := range outside.Findables() {
		body := running.formal(one.OutOrderNo)
		body["merchant_ref"], body["shop_name"] = one.MerchantRef, one.ShopName
		running.place(t, body)
	}
	for _, one := range outside.Findables() {
		running.await(t, one.OutOrderNo, at(order.StageAwaitingMerchant))
	}
	for q, want := range outside.Searches() {
		for _, limit := range []int{1, 50} {
			must(t, outside.Poll(within(t), often, func() error {
				got, err := running.api.Found(t.Context(), q, limit)
				if err == nil && !slices.Equal(got, want) {
					err = fmt.Errorf("%q finds %v, %d on a page, want %v", q, got, limit, want)
				}
				return err
			}))
		}
	}
}

// TestACrowdAtAGlanceOnPostgreSQL: the overview of many orders is right, and how long it and searches
// take is in the log. CROWD=20000 measures. Other tests
// have orders too.
func TestACrowdAtAGlanceOnPostgreSQL(t *testing.T) {
	defer running.intact(t)
	count, err := crowd.Size(120)
	must(t, err)
	began := time.Now()
	must(t, crowd.Fill(t.Context(), running.temporal, appID, count))
	t.Logf("%d orders are there after %v", count, time.Since(began))
	crowd.Glance(t, running.api, count, false)
}
