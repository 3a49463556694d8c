package api

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/order"
)

// doors are arrivals that a test makes.
type doors struct {
	mu   sync.Mutex
	all  []order.Arrival
	more chan struct{}
}

func (d *doors) arrive(app, number string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, order.Arrival{Sequence: uint64(len(d.all) + 1), AppID: app, OutOrderNo: number})
	close(d.more)
	d.more = make(chan struct{})
}

func (d *doors) Last() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return uint64(len(d.all))
}

func (d *doors) After(sequence uint64, apps []string) (found []order.Arrival, last uint64, more <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, arrival := range d.all[sequence:] {
		if slices.Contains(apps, arrival.AppID) {
			found = append(found, arrival)
		}
	}
	return found, uint64(len(d.all)), d.more
}

// TestArrivalsAreStreamed as they come, those of the key's apps alone, until the process ends.
func TestArrivalsAreStreamed(t *testing.T) {
	d := &doors{more: make(chan struct{})}
	d.arrive(apiApp, "before")
	env := openAPI(t, func(c *Config) { c.Arrivals = d })
	server := httptest.NewServer(env.api)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/deliveries/tail", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+keyOther)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	lines := bufio.NewScanner(answer.Body)
	if !lines.Scan() || lines.Text() != ": waiting" || answer.Header.Get("Content-Type") != eventStream {
		t.Fatalf("it begins with %q of %v", lines.Text(), answer.Header)
	}
	d.arrive(apiApp, "another app's")
	d.arrive(apiOtherApp, "mine")
	var got []string
	for len(got) < 2 && lines.Scan() {
		if lines.Text() != "" {
			got = append(got, lines.Text())
		}
	}
	if len(got) != 2 || got[0] != "id: 3" || !strings.Contains(got[1], `"out_order_no":"mine"`) {
		t.Errorf("%q", got)
	}
	env.api.EndStreams()
	for lines.Scan() {
		if strings.Contains(lines.Text(), "data") {
			t.Error(lines.Text())
		}
	}
	if ctx.Err() != nil {
		t.Error("the stream outlives its process")
	}
	env.as(keyOther, http.MethodGet, "/v1/deliveries/tail?app_id="+apiApp, "").want(http.StatusForbidden)
	openAPI(t).do(http.MethodGet, "/v1/deliveries/tail", "").want(http.StatusConflict)
}
