package main_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"miniflow/order"
)

// shownDelivery is GET /v1/deliveries/{app_id}/{notify_id}.
type shownDelivery struct {
	order.DeliveryView
	Content map[string]any `json:"content"`
}

// A message that only names a mini program is held by it. It is listed and can't be
// read, replayed or discarded, until the mini program lets go of it: as forwarding.md says.
func TestWhatAMiniProgramHoldsIsReadOnceItLetsGo(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	const miniAppID = "2021009999999999"
	id := s.push(map[string]any{
		"msg_method":  "alipay.open.mini.version.audit.passed",
		"biz_content": `{"mini_app_id":"` + miniAppID + `","mini_app_version":"0.0.1","audit_desc":"a canary"}`,
	})
	path := "/v1/deliveries/" + appID + "/" + id
	eventually(t, patience, "the mini program holds it", func() error {
		view, err := s.delivery(order.DispositionWaiting, id)
		if err == nil && (view.HeldBy != "mini_program" || view.Reason.IsZero()) {
			err = fmt.Errorf("it is %+v", view)
		}
		return err
	})
	held := s.api(http.MethodGet, path, nil)
	if got := decode[shownDelivery](t, held, http.StatusOK); got.HeldBy != "mini_program" || got.Content != nil || strings.Contains(string(held.body), "canary") {
		t.Errorf("what is held is shown as %s", held)
	}
	for _, command := range []string{"/replay", "/discard"} {
		if p := refusal(t, s.api(http.MethodPost, path+command, nil), http.StatusConflict); !strings.Contains(p.Detail, miniAppID) {
			t.Errorf("%s is refused with %q", command, p.Detail)
		}
	}

	answer := s.api(http.MethodPost, "/v1/mini-programs/"+appID+"/"+miniAppID+"/close", map[string]any{"reason": "it has left"})
	if answer.status != http.StatusOK {
		t.Fatalf("close: %s", answer)
	}
	eventually(t, patience, "it can be read", func() error {
		answer, err := s.ask(http.MethodGet, path, nil)
		if err != nil || answer.status != http.StatusOK || !strings.Contains(string(answer.body), "canary") {
			return errors.Join(err, fmt.Errorf("it is %s", answer))
		}
		return nil
	})
}
