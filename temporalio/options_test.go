package temporalio_test

import (
	"strings"
	"testing"

	"go.temporal.io/sdk/temporal"

	"miniflow/order"
	"miniflow/temporalio"
)

// TestAnOrderThatBeginsAgainIsVisible: its mini program may be Alipay's answer, and PostgreSQL never
// shows a workflow with an attribute above 255 characters, or with a zero in one.
func TestAnOrderThatBeginsAgainIsVisible(t *testing.T) {
	for _, id := range []string{strings.Repeat("小", 256), "2021\x00", "2021000000000001"} {
		options := temporalio.OrderOptions(order.View{AppID: "2021", OutOrderNo: "n1", Kind: order.KindFormal, MiniAppID: id})
		got, _ := options.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(order.AttributeMiniAppID))
		if got != order.PlainID(id) {
			t.Errorf("%q is listed as %q", id, got)
		}
	}
	options := temporalio.OrderOptions(order.View{AppID: "2021", OutOrderNo: "n1", Kind: order.KindFormal})
	if _, there := options.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(order.AttributeMiniAppID)); there {
		t.Error("an order without a mini program is listed under an empty one")
	}
}
