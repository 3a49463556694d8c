package api

import (
	"net/http"
	"slices"
	"strconv"
	"testing"

	"miniflow/order"
	"miniflow/words"
)

// apiJournal is a fake of the door's journal with messages 1, 2, 3… of two apps.
type apiJournal struct{ messages []order.DeliveryView }

func (j apiJournal) Waiting(after uint64, apps []string, limit int) (found []order.DeliveryView, last uint64, err error) {
	for i, view := range j.messages {
		if sequence := uint64(i + 1); sequence > after && (len(apps) == 0 || slices.Contains(apps, view.AppID)) {
			if len(found) == limit {
				return found, last, nil
			}
			found, last = append(found, view), sequence
		}
	}
	return found, 0, nil
}

func journaled(n int) apiJournal {
	var j apiJournal
	for i := range n {
		app := apiApp
		if i%5 == 4 {
			app = apiOtherApp
		}
		message := order.Notification{NotificationKey: order.NotificationKey{AppID: app, NotifyID: strconv.Itoa(i)}}
		j.messages = append(j.messages, message.DeliveryView(order.DispositionWaiting, words.Plain("it waits"), order.HeldByJournal))
	}
	return j
}

func TestWhatWaitsInTheJournalIsListed(t *testing.T) {
	env := openAPI(t, func(c *Config) { c.Journal = journaled(25) })
	var got []order.DeliveryView
	for path := "/v1/deliveries?state=journaled&limit=7&app_id=" + apiApp; path != ""; {
		page := read[deliveryList](env.do("GET", path, "").want(http.StatusOK))
		got = append(got, page.Deliveries...)
		if len(page.Deliveries) > 7 {
			t.Errorf("%d on a page", len(page.Deliveries))
		}
		if path = ""; page.NextCursor != "" {
			path = "/v1/deliveries?state=journaled&limit=7&app_id=" + apiApp + "&cursor=" + page.NextCursor
		}
	}
	if len(got) != 20 || got[0].HeldBy != "journal" || got[0].State != order.DispositionWaiting {
		t.Errorf("listed %d: %+v", len(got), got)
	}
	if operations := env.temporal.lists; len(operations) != 0 {
		t.Errorf("Temporal was asked: %v", operations)
	}
	// A key sees its own apps alone, and a cursor is that of its list.
	for _, view := range read[deliveryList](env.as(keyOther, "GET", "/v1/deliveries?state=journaled", "").want(http.StatusOK)).Deliveries {
		if view.AppID != apiOtherApp {
			t.Errorf("a key of another app sees %+v", view)
		}
	}
	first := read[deliveryList](env.do("GET", "/v1/deliveries?state=journaled&limit=1", ""))
	env.do("GET", "/v1/deliveries?limit=1&cursor="+first.NextCursor, "").want(http.StatusBadRequest)
}

func TestAnEmptyJournalIsAnEmptyList(t *testing.T) {
	env := openAPI(t, func(c *Config) { c.Journal = apiJournal{} })
	if got := env.do("GET", "/v1/deliveries?state=journaled", "").want(http.StatusOK); got.text != `{"deliveries":[],"next_cursor":""}`+"\n" {
		t.Errorf("answered %s", got.text)
	}
}

// An empty list would be taken for an empty journal.
func TestAProcessWithoutAJournalSaysSo(t *testing.T) {
	openAPI(t).do("GET", "/v1/deliveries?state=journaled", "").want(http.StatusConflict)
}
