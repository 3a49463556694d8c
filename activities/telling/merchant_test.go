package telling

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/internal/merchantlink"
	"miniflow/order"
	"miniflow/tell"
	"miniflow/temporalio"
)

// tagger tags without a key, which is enough to tell links apart.
type tagger struct{}

func (tagger) Tag(message []byte, context ...string) []byte {
	sum := sha256.Sum256(append(message, strings.Join(context, "/")...))
	return sum[:]
}

func (t tagger) Tagged(message, claimed []byte, context ...string) bool {
	return slices.Equal(t.Tag(message, context...)[:len(claimed)], claimed)
}

// TestAMerchantIsToldTheLink: the event that asks the merchant for something has the link and the SMS,
// the same whether the list had it or the order was asked.
func TestAMerchantIsToldTheLink(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	view := order.View{AppID: appID, OutOrderNo: "A", ShopName: "巷口小面", Stage: order.StageAwaitingMerchant, StageSince: at, Timeline: []order.TimelineItem{
		{Sequence: 1, At: at, Event: order.HappenedMerchantNeeded, Task: order.TaskConfirm, Reminder: 2, Stage: order.StageAwaitingMerchant},
	}}
	links := merchantlink.New("https://isv.example.com", tagger{})
	r := &run{
		Teller: &Teller{Temporal: &orders{kept: map[string]*order.View{"A": &view}}, Links: temporalio.Links{Merchants: links, Now: func() time.Time { return at }}},
		appID:  appID, rows: rows{},
	}
	want := links.Link(appID, "A", at.Add(merchantlink.Life))
	for _, listed := range []bool{true, false} {
		if listed {
			r.rows.keep("A", at, &workflowpb.WorkflowExecutionInfo{Memo: memoOf(view, at)})
		}
		told, err := r.read(t.Context(), &tell.Job{Waiting: tell.Waiting{OutOrderNo: "A"}, Asked: at})
		if err != nil || len(told.Events) != 1 {
			t.Fatalf("%+v, %v", told, err)
		}
		event := told.Events[0]
		if event.Link != want || event.SMS != "巷口小面：请打开支付宝确认小程序 "+want || event.Task != order.TaskConfirm || event.Reminder != 2 {
			t.Errorf("listed: %v: %+v", listed, event)
		}
	}
}
