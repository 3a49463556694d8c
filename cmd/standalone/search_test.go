package main_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/cmd/standalone/internal/crowd"
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
	caller := s.outside()
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

// outside calls the API as another program does.
func (s *standalone) outside() outside.Caller {
	s.t.Helper()
	key, err := os.ReadFile(s.path("api-key"))
	if err != nil {
		s.t.Fatal(err)
	}
	return outside.Caller{Base: s.at.API, Key: strings.TrimSpace(string(key))}
}

// TestACrowdAtAGlanceOnSQLite: the overview of many orders is right, and how long it and searches take
// is in the log. CROWD=20000 measures.
func TestACrowdAtAGlanceOnSQLite(t *testing.T) {
	t.Parallel()
	count, err := crowd.Size(120)
	if err != nil {
		t.Fatal(err)
	}
	s := startStandalone(t, slow...)
	began := time.Now()
	if err := crowd.Fill(t.Context(), s.temporal().Client, appID, count); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d orders are there after %v", count, time.Since(began))
	crowd.Glance(t, s.outside(), count, true)
}
