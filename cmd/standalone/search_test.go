package main_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// TestASearchFindsOnSQLite: the same that it finds on PostgreSQL, on one page or many.
func TestASearchFindsOnSQLite(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	for _, one := range outside.Findables() {
		body := s.formal(one.OutOrderNo)
		body["merchant_ref"], body["shop_name"] = one.MerchantRef, one.ShopName
		s.place(body)
	}
	for _, one := range outside.Findables() {
		s.awaitStage(one.OutOrderNo, order.StageAwaitingMerchant)
	}
	key, err := os.ReadFile(s.path("api-key"))
	if err != nil {
		t.Fatal(err)
	}
	caller := outside.Caller{Base: s.at.API, Key: strings.TrimSpace(string(key))}
	for q, want := range outside.Searches() {
		for _, limit := range []int{1, 50} {
			eventually(t, patience, fmt.Sprintf("%q finds orders, %d on a page", q, limit), func() error {
				got, err := caller.Found(t.Context(), q, limit)
				if err == nil && !slices.Equal(got, want) {
					err = fmt.Errorf("got %v, want %v", got, want)
				}
				return err
			})
		}
	}
}
