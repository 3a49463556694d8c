package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// untilPushed are rules under which an order ends soon at speed 1000.
func untilPushed() alipaysim.Rule {
	return alipaysim.Rule{
		Merchant: &alipaysim.MerchantRule{After: after(time.Minute)}, Audits: []alipaysim.AuditRule{{After: after(time.Minute)}},
	}
}

// With its app on websocket alone an order goes the whole way: the authorisation
// comes over HTTP, which has no other way, and every other message over the long
// connection, in both modes.
func TestAnOrderOverTheLongConnection(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"key", "certificate"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := startStandalone(t, speed(1000), "--demo=false", "--channel=websocket", "--mode="+mode)
			s.awaitLongConnection()
			s.rules(untilPushed())
			s.place(s.formal("linked"))
			s.awaitStage("linked", order.StageOnline)
			s.cameOver(map[string]string{
				"alipay.open.mini.merchant.confirmed": "websocket", "alipay.open.mini.version.audit.passed": "websocket",
				"open_app_auth_notify": "http",
			})
			heard := 0
			for _, item := range s.view("linked").Timeline {
				if item.NotifyID != "" && item.Disposition == order.DispositionApplied {
					heard++
				}
			}
			if heard < 2 {
				t.Errorf("%d messages moved the order, it was polled to its end", heard)
			}
		})
	}
}

// awaitLongConnection waits until /readyz says that the app's long connection is open.
func (s *standalone) awaitLongConnection() {
	s.t.Helper()
	eventually(s.t, patience, "the long connection is open", func() error {
		answer, err := s.send(http.MethodGet, s.at.API+"/readyz", nil, nil)
		if err != nil {
			return err
		}
		if !strings.Contains(string(answer.body), fmt.Sprintf(`{"app_id":"%s","state":"connected"`, appID)) {
			return fmt.Errorf("/readyz answers %s", answer)
		}
		return nil
	})
}

// cameOver wants each message to have been delivered, over this channel and no other.
func (s *standalone) cameOver(channels map[string]string) {
	s.t.Helper()
	eventually(s.t, patience, "every message is delivered", func() error {
		made, _ := s.pushes()
		taken := map[string]bool{}
		for _, delivery := range made {
			if want, named := channels[delivery.Message]; named && delivery.Channel != want {
				s.t.Fatalf("%s came over %s, want %s", delivery.Message, delivery.Channel, want)
			}
			taken[delivery.Message] = taken[delivery.Message] || delivery.Success
		}
		for name := range channels {
			if !taken[name] {
				return fmt.Errorf("%s was not taken, of %d deliveries", name, len(made))
			}
		}
		return nil
	})
}

// Alipay changes its certificate. The next answer to a call of ours comes under the
// new one, which is fetched and proven out of band; from then on messages under it
// are taken at both doors, and nobody has touched the configuration. A stranger who
// names a certificate makes nobody fetch anything.
func TestAlipayChangesItsCertificate(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, speed(1000), "--demo=false", "--channel=websocket", "--mode=certificate")
	s.awaitLongConnection()
	s.rules(untilPushed())
	s.sim(http.MethodPost, "apps/"+appID+"/rotate", nil, nil)
	s.place(s.formal("renewed"))
	s.awaitStage("renewed", order.StageOnline)
	s.cameOver(map[string]string{
		"alipay.open.mini.merchant.confirmed": "websocket", "alipay.open.mini.version.audit.passed": "websocket",
		"open_app_auth_notify": "http",
	})

	before := s.downloads()
	if before < 2 {
		t.Errorf("%d certificates were asked for, want the look at the start and the new one", before)
	}
	forged := newPush(t, "alipay.open.mini.merchant.confirmed", "forged", map[string]any{})
	const strangers = 1000
	for i := range strangers {
		forged["alipay_cert_sn"] = fmt.Sprintf("%032x", i)
		answer, err := s.post(strings.Replace(s.sign(forged), "notify_id=forged", "notify_id=f0rged", 1))
		if err != nil || answer.status != http.StatusForbidden {
			t.Fatalf("a stranger was answered %s, %v", answer, err)
		}
	}
	if got := s.downloads(); got != before {
		t.Errorf("%d strangers made Miniflow ask for %d certificates", strangers, got-before)
	}
}

// downloads counts the certificates that Alipay was asked for.
func (s *standalone) downloads() (count int) {
	s.t.Helper()
	for _, call := range s.calls() {
		if call.Method == "alipay.open.app.alipaycert.download" {
			count++
		}
	}
	return count
}
