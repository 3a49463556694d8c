package api

import (
	"net/http"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/internal/merchantlink"
	"miniflow/order"
)

// TestAnOrderHasItsMerchantsLink, and so have its events, until there is nothing to do.
func TestAnOrderHasItsMerchantsLink(t *testing.T) {
	var links *merchantlink.Maker
	env := openAPI(t, func(c *Config) {
		ring, _ := c.Sealer.(merchantlink.Tagger)
		links = merchantlink.New("https://isv.example.com", ring)
		c.Links.Merchants, c.Links.Now = links, c.Now
	})
	view := order.View{
		AppID: apiApp, OutOrderNo: "A", ShopName: "巷口小面", Stage: order.StageAwaitingMerchant, StageSince: apiStart,
		Timeline: []order.TimelineItem{{Sequence: 1, At: apiStart, Event: order.HappenedMerchantNeeded, Task: order.TaskConfirm}},
	}
	id, err := converter.GetDefaultDataConverter().ToPayload(order.MerchantLinkID(apiApp, "A"))
	if err != nil {
		t.Fatal(err)
	}
	flow := order.WorkflowID(apiApp, "A")
	kept := env.temporal.add(view, order.Request{})
	kept.described = func(d *workflowservice.DescribeWorkflowExecutionResponse) {
		d.WorkflowExecutionInfo.SearchAttributes = &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{order.AttributeMerchantLink: id}}
	}
	env.temporal.queryAnswers[flow+" "+order.EventsQuery] = order.EventsOf(view, nil, order.EventsAsked{})
	want := links.Link(apiApp, "A", apiStart.Add(merchantlink.Life))
	path := "/v1/orders/" + apiApp + "/A"
	shown := env.as(keyRead, http.MethodGet, path, "").want(http.StatusOK).text
	told := env.as(keyRead, http.MethodGet, path+"/events", "").want(http.StatusOK).text
	if !strings.Contains(shown, `"merchant":"`+want+`"`) {
		t.Errorf("the order: %s", shown)
	}
	if !strings.Contains(told, `"link":"`+want+`"`) || !strings.Contains(told, `"sms":"巷口小面：请打开支付宝确认小程序 `+want+`"`) {
		t.Errorf("its events: %s", told)
	}
}
