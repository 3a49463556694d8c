package service_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

const agreedApp = "2021000000000000"

// TestClientAndSimulatorAgree brings the two readings of the protocol together: a call
// that is signed by one and verified by the other, an answer the other way, and
// a push under each rule of signing.
func TestClientAndSimulatorAgree(t *testing.T) {
	for _, rule := range alipaysim.NotifyRules() {
		t.Run(string(rule), func(t *testing.T) {
			pushed := make(chan string, 10)
			receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				pushed <- string(body)
				_, _ = io.WriteString(w, "success")
			}))
			defer receiver.Close()
			client, verifier := meet(t, rule, receiver.URL)
			no, err := client.CreateMiniProgram(t.Context(), "agree-1", json.RawMessage(`{"alipay_account":"a@example.com","app_name":"示例 小店+%",
				"cert_name":"示例","cert_no":"91330000000000000X","contact_name":"联系人","contact_phone":"13800000000","legal_personal_name":"法人"}`))
			if err != nil {
				t.Fatalf("the simulator does not understand the client: %v", err)
			}
			if answer, err := client.QueryMiniProgramOrder(t.Context(), no); err != nil || answer.OutOrderNo != "agree-1" {
				t.Fatalf("the client does not understand the simulator: %+v %v", answer, err)
			}
			select {
			case body := <-pushed:
				n, err := verifier.Notification([]byte(body))
				if err != nil || n.Name != alipay.MessageMerchantConfirmed {
					t.Fatalf("the verifier does not understand the simulator: %v %v", n, err)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("nothing was pushed")
			}
		})
	}
}

// meet starts a simulator and makes the client and the verifier of its app.
func meet(t *testing.T, rule alipaysim.NotifyRule, receiver string) (*gateway.Client, *notify.Verifier) {
	t.Helper()
	dir := t.TempDir()
	must(t, alipaysim.GenerateKeys(dir, agreedApp))
	app, err := alipaysim.LoadApp(dir, agreedApp)
	must(t, err)
	app.NotifyRule, app.GatewayURL = rule, receiver
	sim, err := alipaysim.Open(alipaysim.Config{Volatile: true, Path: filepath.Join(dir, "alipay.db"), Apps: []alipaysim.App{app}, Speed: 1000})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sim.Run(ctx) }()
	gateway := httptest.NewServer(sim.Handler())
	t.Cleanup(func() {
		stop()
		gateway.Close()
		if err := <-ended; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		must(t, sim.Close())
	})
	private, err := keys.ParsePrivateKey(read(t, dir, "app_private.pem"))
	must(t, err)
	public, err := keys.ParsePublicKey(read(t, dir, "alipay_public.pem"))
	must(t, err)
	client, err := newClient(gateway.URL+"/gateway.do", private, public)
	must(t, err)
	verifier, err := notify.NewVerifier([]notify.App{{ID: agreedApp, AlipayKeys: []keys.AlipayKey{{Public: public}}}})
	must(t, err)
	return client, verifier
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, agreedApp, name))
	must(t, err)
	return strings.TrimSpace(string(text))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
