package docstest

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// newHandler is what a developer has at 127.0.0.1:3000: it takes every message.
func newHandler(t *testing.T) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "success") // a sender that is gone needs no answer
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func (r *reader) file(name string) string { return filepath.Join(r.home, name) }

func (r *reader) write(name string, text []byte) {
	r.t.Helper()
	must(r.t, os.MkdirAll(filepath.Dir(r.file(name)), 0o700))
	must(r.t, os.WriteFile(r.file(name), text, 0o600))
}

// take copies one of the standalone's key files.
func (r *reader) take(name, as string) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.machine.data, "keys", appID, name))
	must(r.t, err)
	r.write(as, text)
}

// alipayKey is the key that the simulated Alipay signs with.
func (r *reader) alipayKey() *rsa.PrivateKey {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.machine.data, "keys", appID, "alipay_private.pem"))
	must(r.t, err)
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	must(r.t, err)
	return key.(*rsa.PrivateKey)
}

func (r *reader) signed(text []byte) string {
	r.t.Helper()
	digest := sha256.Sum256(text)
	signature, err := rsa.SignPKCS1v15(rand.Reader, r.alipayKey(), crypto.SHA256, digest[:])
	must(r.t, err)
	return base64.StdEncoding.EncodeToString(signature)
}

// signedBody is a message of the long connection as a handler has got it.
func (r *reader) signedBody() {
	r.t.Helper()
	frame := []byte(`{"msg_method":"alipay.open.mini.version.audit.passed"}`)
	r.sign = r.signed(frame)
	r.write("body.json", frame)
	r.take("alipay_public.pem", "alipay_public.pem")
}

// files are what the command line is told of by name: keys, a notification, an order.
func (r *reader) files() {
	r.t.Helper()
	for _, name := range []string{"app_private.pem", "app_public.pem", "alipay_public.pem"} {
		r.take(name, name)
	}
	r.take("alipay_cert.crt", "alipayCertPublicKey_RSA2.crt")
	form := url.Values{
		"app_id": {appID}, "charset": {"utf-8"}, "notify_id": {"2026112200222094500"}, "sign_type": {"RSA2"},
		"msg_method": {"alipay.open.mini.version.audit.passed"}, "utc_timestamp": {"1795000000000"}, "version": {"1.1"},
		"biz_content": {`{"mini_app_id":"2021000000000001"}`},
	}
	var pairs []string
	for name := range form {
		pairs = append(pairs, name+"="+form.Get(name))
	}
	slices.Sort(pairs)
	form.Set("sign", r.signed([]byte(strings.Join(pairs, "&"))))
	r.write("body.txt", []byte(form.Encode()))
	r.order("order.json", "no-5")
}

// rollout is a mass upgrade of nobody: no mini program here runs the version that it upgrades.
func (r *reader) rollout() {
	r.t.Helper()
	r.write("rollout.json", []byte(`{"app_id":"`+appID+`","id":"autumn","version":{"template_id":"2021000000009999","template_version":"9.9.9"},"from":["9.9.8"],
		"submission":{"version_desc":"New in this version: points for guests, queueing by phone, faster pages.","region_type":"CHINA"}}`))
	r.write("ext.jsonl", []byte(`{"mini_app_id":"2021000000000001","ext":{"extEnable":true,"ext":{"shop":7}}}`+"\n"))
}

// table is a table of one order, which lacks a member.
func (r *reader) table() {
	r.t.Helper()
	r.write("merchants.csv", []byte("app_id,out_order_no,kind,mini_app_id,version.template_id,submission.version_desc\n"+
		appID+",no-9,release,2021999999999999,2021000000009999,\"Ordering, queueing and points for guests of the shop, with news.\"\n"))
}

// tokens is a table of two authorisations, of which one has been torn by a mail program.
func (r *reader) tokens() {
	r.t.Helper()
	r.write("tokens.csv", []byte("app_id,mini_app_id,app_auth_token\n"+appID+",2021999999999999,\"202611BB 507d\"\n"+appID+",2021999999999998,202611BBb507d\n"))
}

// handlerLogs are two logs of an old handler, the older one packed, with one message in them.
func (r *reader) handlerLogs() {
	r.t.Helper()
	r.files()
	body, err := os.ReadFile(r.file("body.txt"))
	must(r.t, err)
	r.write("handler.log", fmt.Appendf(nil, "INFO notified: %s -> success\nINFO idle\n", body))
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err = zip.Write([]byte("INFO started\n"))
	must(r.t, errors.Join(err, zip.Close()))
	r.write("handler.log.1.gz", packed.Bytes())
}

// order writes the body of an order.
func (r *reader) order(file, no string) {
	r.t.Helper()
	logo, err := r.simulator().File(r.t.Context(), "/sim/v1/files/logo.png")
	must(r.t, err)
	text, err := json.Marshal(outside.Sample(appID, no+"-"+r.own, logo))
	must(r.t, err)
	r.write(file, text)
}

// The standalone's own, whichever simulator the document shows.
func (r *reader) api() outside.Caller {
	return outside.Caller{Base: "http://" + r.machine.at["127.0.0.1:8080"]}
}
func (r *reader) simulator() outside.Caller {
	return outside.Caller{Base: "http://" + shared[standalone].at["127.0.0.1:8090"]}
}

// fillIn fills the example configuration in as the README says: the app, and the keys.
func (r *reader) fillIn() {
	r.t.Helper()
	text, err := os.ReadFile(r.file("miniflow.yaml"))
	must(r.t, err)
	simulator := "http://" + r.machine.at["127.0.0.1:8090"]
	r.write("miniflow.yaml", []byte(strings.NewReplacer(
		"listen: 127.0.0.1:8080", "listen: 127.0.0.1:0", "2021000000000001", appID,
		"environment: production", fmt.Sprintf("endpoint: %s/gateway.do\n    channel_endpoint: %s", simulator, simulator),
		"allow: []", fmt.Sprintf("allow: [%q]", strings.TrimPrefix(simulator, "http://")),
	).Replace(string(text))))
	r.take("alipay_public.pem", "keys/alipay_public.pem")
}

// prepared is a folder in which the README has been followed up to serve. Its app is the
// simulator's.
func (r *reader) prepared() {
	r.t.Helper()
	for _, text := range []string{
		"miniflow config example > miniflow.yaml", "mkdir -p keys && openssl rand -hex 32 > keys/api_key.txt", "openssl rand -base64 32 > keys/sealing_key.txt",
	} {
		must(r.t, r.start(text).Wait(within(r.t)))
	}
	at := r.machine.at
	r.machine.at = shared[standalone].at
	r.fillIn()
	r.machine.at = at
	r.take("app_private.pem", "keys/app_private.pem")
	must(r.t, r.start("miniflow setup").Wait(within(r.t)))
}

// shownConfiguration writes the configuration that the document shows.
func (r *reader) shownConfiguration() {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(root, r.document))
	must(r.t, err)
	_, after, there := strings.Cut(string(text), "```yaml\n")
	configuration, _, closed := strings.Cut(after, "```")
	if !there || !closed {
		r.t.Fatal(r.document + " shows no configuration")
	}
	r.write("miniflow.yaml", []byte(r.place(configuration)))
}

// await polls until an order is so.
func (r *reader) await(no string, so func(order.View) bool) {
	r.t.Helper()
	must(r.t, outside.Poll(within(r.t), often, func() error {
		view, err := r.api().Order(r.t.Context(), appID, no+"-"+r.own)
		if err == nil && !so(view) {
			err = fmt.Errorf("%s is at %s, on hold %+v", no, view.Stage, view.Hold)
		}
		return err
	}))
}

func needsInput(view order.View) bool {
	return view.Hold != nil && view.Hold.Kind == order.HoldNeedsInput && slices.Contains(view.Hold.Fields, "submission.files.app_logo")
}

// lacksItsLogo waits until the README's order is held as the README says.
func (r *reader) lacksItsLogo() { r.await("my-first", needsInput) }

// awaitsInput starts an order that needs input, and writes what it needs.
func (r *reader) awaitsInput() {
	r.t.Helper()
	r.begin("no-7")
	r.await("no-7", needsInput)
	logo, err := r.simulator().File(r.t.Context(), "/sim/v1/files/logo.png")
	must(r.t, err)
	fix, err := json.Marshal(map[string]any{"submission": map[string]any{"files": map[string]any{"app_logo": logo}}})
	must(r.t, err)
	r.write("fix.json", fix)
}

// begin starts an order without a logo.
func (r *reader) begin(no string) {
	r.t.Helper()
	body := outside.Sample(appID, no+"-"+r.own, order.FileRef{})
	delete(body["submission"].(map[string]any), "files")
	must(r.t, r.api().Call(r.t.Context(), http.MethodPost, "/v1/orders", body, nil))
}

// terminated starts an order, and terminates it in Temporal.
func (r *reader) terminated() {
	r.t.Helper()
	r.begin("no-8")
	temporal, err := client.DialContext(r.t.Context(), client.Options{HostPort: r.machine.at["127.0.0.1:7233"]})
	must(r.t, err)
	defer temporal.Close()
	must(r.t, temporal.TerminateWorkflow(r.t.Context(), order.WorkflowID(appID, "no-8-"+r.own), "", "the wrong button"))
}

// connected waits for the long connection, which may just have been cut.
func (r *reader) connected() {
	r.t.Helper()
	alipay := outside.Caller{Base: "http://" + r.machine.at["127.0.0.1:8090"]}
	must(r.t, outside.Poll(within(r.t), often, func() error {
		var seen struct{ Links []any }
		err := alipay.Call(r.t.Context(), http.MethodGet, "/sim/v1/channel", nil, &seen)
		if err == nil && len(seen.Links) == 0 {
			err = errors.New("no connection is open")
		}
		return err
	}))
}

// deadLetters are two messages that nobody can use.
func (r *reader) deadLetters() {
	r.t.Helper()
	ids := []string{r.place("2026112200222094500"), r.place("2026112200222094501")}
	for _, id := range ids {
		must(r.t, r.simulator().Call(r.t.Context(), http.MethodPost, "/sim/v1/messages", map[string]any{
			"app_id": appID, "notify_id": id, "msg_method": "alipay.open.mini.merchant.confirmed", "biz_content": `{"order_no"`,
		}, nil))
	}
	must(r.t, outside.Poll(within(r.t), often, func() error {
		var listed struct{ Deliveries []order.DeliveryView }
		err := r.api().Call(r.t.Context(), http.MethodGet, "/v1/deliveries?state=dead", nil, &listed)
		for _, id := range ids {
			if !slices.ContainsFunc(listed.Deliveries, func(d order.DeliveryView) bool { return d.NotifyID == id }) {
				err = errors.Join(err, fmt.Errorf("%s is not dead", id))
			}
		}
		return err
	}))
}
