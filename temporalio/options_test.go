package temporalio_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/order"
	"miniflow/rollout"
	"miniflow/temporalio"
	"miniflow/words"
)

// TestWhatTheUIShowsFirstIsInTheAppsLanguage: titles and the part of a page that never changes.
func TestWhatTheUIShowsFirstIsInTheAppsLanguage(t *testing.T) {
	code := regexp.MustCompile("`[^`]*`|\\*[^*]*\\*|[0-9#&;]|webhook|formal|replay|my-1")
	for _, language := range []words.Language{"", words.English, words.Chinese} {
		view := order.View{AppID: "2021", OutOrderNo: "my-1", Kind: order.KindFormal, MerchantRef: "7", ShopName: "8", MiniAppID: "9", Version: order.VersionView{TemplateID: "1"}}
		for name, options := range map[string]client.StartWorkflowOptions{
			"order":           temporalio.OrderOptions(view, language),
			"mini program":    temporalio.MiniProgramOptions(order.MiniProgramInput{AppID: "2021", MiniAppID: "9", Language: language}),
			"bulk":            temporalio.BulkOptions(order.BulkInput{Command: order.ReplayUpdate, Filter: order.DeliveryFilter{AppID: "2021"}, Language: language}),
			"rollout":         temporalio.RolloutOptions(rollout.Input{AppID: "2021", ID: "7", Request: order.Request{Version: order.Version{TemplateID: "8", TemplateVersion: "9"}}, Language: language}),
			"webhook":         temporalio.WebhookOptions("2021", language),
			"sweep":           temporalio.SweepOptions("2021", language),
			"long connection": temporalio.LongConnectionOptions("2021", language),
		} {
			said := code.ReplaceAllString(html.UnescapeString(options.StaticSummary+" "+options.StaticDetails), "")
			if latin, han := regexp.MustCompile("[A-Za-z]").MatchString(said), regexp.MustCompile(`\p{Han}`).MatchString(said); latin == (language == words.Chinese) || han == latin {
				t.Errorf("%s, in %q: %q, %q", name, language, options.StaticSummary, options.StaticDetails)
			}
		}
	}
}

// TestAnOrderThatBeginsAgainIsVisible: its mini program may be Alipay's answer, and PostgreSQL never
// shows a workflow with an attribute above 255 characters, or with a zero in one.
func TestAnOrderThatBeginsAgainIsVisible(t *testing.T) {
	for _, id := range []string{strings.Repeat("小", 256), "2021\x00", "2021000000000001"} {
		options := temporalio.OrderOptions(order.View{AppID: "2021", OutOrderNo: "n1", Kind: order.KindFormal, MiniAppID: id}, words.English)
		got, _ := options.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(order.AttributeMiniAppID))
		if got != order.PlainID(id) {
			t.Errorf("%q is listed as %q", id, got)
		}
	}
	options := temporalio.OrderOptions(order.View{AppID: "2021", OutOrderNo: "n1", Kind: order.KindFormal}, words.English)
	if _, there := options.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(order.AttributeMiniAppID)); there {
		t.Error("an order without a mini program is listed under an empty one")
	}
}
