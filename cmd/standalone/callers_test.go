package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/order"
)

// appID is the third-party app of the standalone.
const appID = "2021000000000000"

// reply is an HTTP answer, read whole.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) String() string { return fmt.Sprintf("%d %s", r.status, r.body) }

// decode reads the answer's JSON, after the status was as wanted.
func decode[T any](t *testing.T, r reply, status int) T {
	t.Helper()
	var value T
	if r.status != status {
		t.Fatalf("the answer is %s, want status %d", r, status)
	}
	if err := json.Unmarshal(r.body, &value); err != nil {
		t.Fatalf("the answer %s can't be read: %v", r, err)
	}
	return value
}

// transcript keeps what the REST API has answered.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (tr *transcript) add(r reply) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.text.Write(r.body)
	_ = r.header.Write(&tr.text)
}

// send makes one HTTP request. The header may be nil.
func (s *standalone) send(method, address string, header http.Header, body io.Reader) (reply, error) {
	request, err := http.NewRequestWithContext(s.t.Context(), method, address, body)
	if err != nil {
		return reply{}, err
	}
	if header != nil {
		request.Header = header
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, text}, err
}

// ask calls the REST API with its key. A nil body is none; headers are pairs.
func (s *standalone) ask(method, path string, body any, headers ...string) (reply, error) {
	key, err := os.ReadFile(s.path("api-key"))
	if err != nil {
		return reply{}, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + strings.TrimSpace(string(key))}}
	for i := 0; i+1 < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return reply{}, err
		}
		sent = bytes.NewReader(text)
	}
	answer, err := s.send(method, s.at.API+path, header, sent)
	s.heard.add(answer)
	return answer, err
}

// api is ask where an answer is expected.
func (s *standalone) api(method, path string, body any, headers ...string) reply {
	s.t.Helper()
	answer, err := s.ask(method, path, body, headers...)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer
}

func orderPath(no string) string { return "/v1/orders/" + appID + "/" + url.PathEscape(no) }

// place starts an order that is new.
func (s *standalone) place(body map[string]any) {
	s.t.Helper()
	decode[order.View](s.t, s.api(http.MethodPost, "/v1/orders", body), http.StatusCreated)
}

// look reads an order. An error is an answer that passes: a worker that is busy,
// a process that has just been killed.
func (s *standalone) look(no string) (view order.View, err error) {
	answer, err := s.ask(http.MethodGet, orderPath(no), nil)
	if err != nil {
		return view, err
	}
	if answer.status != http.StatusOK {
		return view, fmt.Errorf("GET %s: %s", no, answer)
	}
	return view, json.Unmarshal(answer.body, &view)
}

// view reads an order that has to be there.
func (s *standalone) view(no string) order.View {
	s.t.Helper()
	var view order.View
	eventually(s.t, patience, "order "+no+" can be read", func() (err error) {
		view, err = s.look(no)
		return err
	})
	return view
}

// await waits until an order is as wanted.
func (s *standalone) await(no, what string, is func(order.View) bool) order.View {
	s.t.Helper()
	var view order.View
	eventually(s.t, patience, "order "+no+" "+what, func() (err error) {
		if view, err = s.look(no); err != nil || is(view) {
			return err
		}
		return fmt.Errorf("it is at %s, hold %+v, waits for %s", view.Stage, view.Hold, view.WaitingFor)
	})
	return view
}

// awaitStage waits until an order is at a stage.
func (s *standalone) awaitStage(no string, stage order.Stage) order.View {
	s.t.Helper()
	return s.await(no, "is "+string(stage), func(view order.View) bool { return view.Stage == stage })
}

// awaitHeard waits until a message has its disposition in an order's timeline.
func (s *standalone) awaitHeard(no, notifyID string, want order.Disposition) order.View {
	s.t.Helper()
	view := s.await(no, "has heard "+notifyID, func(view order.View) bool { return len(heardOf(view, notifyID)) > 0 })
	if got := heardOf(view, notifyID); len(got) != 1 || got[0].Disposition != want {
		s.t.Fatalf("the timeline says of %s %+v, want it once and %s", notifyID, got, want)
	}
	return view
}

// heardOf is what an order's timeline says of a message.
func heardOf(view order.View, notifyID string) (items []order.TimelineItem) {
	for _, item := range view.Timeline {
		if item.NotifyID == notifyID {
			items = append(items, item)
		}
	}
	return items
}

// reached is when an order came to a stage last; zero when it never did.
func reached(view order.View, stage order.Stage) (at time.Time) {
	for _, item := range view.Timeline {
		if item.Event == order.HappenedStageChanged && item.Stage == stage {
			at = item.At
		}
	}
	return at
}

// command gives an order a command.
func (s *standalone) command(no string, command order.Command, body any) reply {
	s.t.Helper()
	return s.api(http.MethodPost, orderPath(no)+"/"+string(command), body)
}

// importToken hands in the token that the simulator's merchant gave.
func (s *standalone) importToken(miniAppID string) {
	s.t.Helper()
	body := map[string]any{"app_auth_token": s.token(miniAppID).Token}
	answer := s.api(http.MethodPut, "/v1/mini-programs/"+appID+"/"+miniAppID+"/authorization", body)
	if answer.status != http.StatusOK {
		s.t.Fatalf("import the token: %s", answer)
	}
}

// deliveries lists the messages that are no running order's, page by page. An
// empty state lists what may need a person.
func (s *standalone) deliveries(state order.Disposition) []order.DeliveryView {
	s.t.Helper()
	type page struct {
		Deliveries []order.DeliveryView `json:"deliveries"`
		NextCursor string               `json:"next_cursor"`
	}
	filter := url.Values{}
	if state != "" {
		filter.Set("state", string(state))
	}
	var all []order.DeliveryView
	for {
		listed := decode[page](s.t, s.api(http.MethodGet, "/v1/deliveries?"+filter.Encode(), nil), http.StatusOK)
		all = append(all, listed.Deliveries...)
		if listed.NextCursor == "" {
			return all
		}
		filter.Set("cursor", listed.NextCursor)
	}
}

// awaitDelivery waits until a message is listed under a state.
func (s *standalone) awaitDelivery(notifyID string, state order.Disposition) order.DeliveryView {
	s.t.Helper()
	var found order.DeliveryView
	eventually(s.t, patience, notifyID+" is listed as "+string(state), func() error {
		for _, delivery := range s.deliveries(state) {
			if delivery.NotifyID == notifyID {
				found = delivery
				return nil
			}
		}
		return fmt.Errorf("listed are %+v", s.deliveries(""))
	})
	return found
}
