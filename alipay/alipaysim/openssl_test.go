package alipaysim_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
)

// openssl runs the command line tool: code that nobody here has written.
func openssl(t *testing.T, input string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("these tests need the openssl command, the other side of each: install the package openssl")
	}
	command := exec.CommandContext(t.Context(), "openssl", args...) //nolint:gosec // arguments of this test
	command.Stdin = strings.NewReader(input)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
	return out
}

// opensslVerifies fails the test unless the signature over the text is the
// Alipay key's.
func opensslVerifies(t *testing.T, keys, text, signature string) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "signature")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, sm2 := sm2Files(t, keys); sm2 {
		message := filepath.Join(t.TempDir(), "text")
		if err := os.WriteFile(message, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		openssl(t, "", append([]string{"pkeyutl", "-verify", "-pubin", "-inkey", filepath.Join(keys, "alipay_public.pem"), "-in", message, "-sigfile", file}, sm2Arguments...)...)
		return
	}
	if out := openssl(t, text, "dgst", "-sha256", "-verify", filepath.Join(keys, "alipay_public.pem"), "-signature", file); !strings.Contains(string(out), "Verified OK") {
		t.Errorf("openssl says %s of\n%s", out, text)
	}
}

var sm2Arguments = []string{"-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"}

// sm2Files reports whether a directory holds keys of SM2, and the sign_type of requests.
func sm2Files(t *testing.T, keys string) (signType string, sm2 bool) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "openssl", "pkey", "-in", filepath.Join(keys, "app_private.pem"), "-noout", "-text").Output() //nolint:gosec // arguments of this test
	if err == nil && strings.Contains(string(out), "SM2") {
		return "SM2", true
	}
	return "RSA2", false
}

// opensslSigns signs with the app's key.
func opensslSigns(t *testing.T, keys, text string) []byte {
	t.Helper()
	private := filepath.Join(keys, "app_private.pem")
	if _, sm2 := sm2Files(t, keys); !sm2 {
		return openssl(t, text, "dgst", "-sha256", "-sign", private)
	}
	message := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(message, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return openssl(t, "", append([]string{"pkeyutl", "-sign", "-inkey", private, "-in", message}, sm2Arguments...)...)
}

// opensslRequest is a create call whose text is written out by hand; numbers are those of certificate
// mode.
func opensslRequest(t *testing.T, keys, server string, numbers map[string]string) *http.Request {
	t.Helper()
	biz := mustJSON(createFields("o-1"))
	stamp := time.Now().UTC().Add(8 * time.Hour).Format("2006-01-02 15:04:05")
	signType, _ := sm2Files(t, keys)
	text := "app_id=" + appID + "&biz_content=" + biz + "&charset=utf-8&format=JSON&method=alipay.open.mini.isv.create&sign_type=" + signType + "&timestamp=" + stamp + "&version=1.0"
	if numbers != nil {
		text = "alipay_root_cert_sn=" + numbers["alipay_root_cert_sn"] + "&app_cert_sn=" + numbers["app_cert_sn"] + "&" + text
	}
	signature := opensslSigns(t, keys, text)
	form := url.Values{"sign": {base64.StdEncoding.EncodeToString(signature)}}
	for _, pair := range strings.Split(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		form.Set(name, value)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server+"/gateway.do", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	return request
}

// A request signed by openssl with the generated key is taken; the answer and
// the push verify with openssl. The mark behind the armour disturbs nothing.
func TestOpensslOnTheOtherSide(t *testing.T) {
	for name, generate := range map[string]func(dir, appID string) error{"RSA2": alipaysim.GenerateKeys, "SM2": alipaysim.GenerateSM2Keys} {
		t.Run(name, func(t *testing.T) { opensslOnTheOtherSide(t, generate) })
	}
}

func opensslOnTheOtherSide(t *testing.T, generate func(dir, appID string) error) {
	dir := t.TempDir()
	if err := generate(dir, appID); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(dir, appID)
	app, err := alipaysim.LoadApp(dir, appID)
	if err != nil {
		t.Fatal(err)
	}
	var received chan string
	app.GatewayURL, received = receiving(t)
	sim, err := alipaysim.Open(alipaysim.Config{Path: filepath.Join(dir, "alipay.db"), Apps: []alipaysim.App{app}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sim.Close() }()
	server := httptest.NewServer(sim.Handler())
	defer server.Close()

	response, err := http.DefaultClient.Do(opensslRequest(t, keys, server.URL, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	object, sign := takenApart(t, body)
	opensslVerifies(t, keys, object, sign)

	if _, err := sim.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	opensslVerifiesPush(t, keys, <-received)
}

// receiving is an application gateway that takes one push.
func receiving(t *testing.T) (address string, received chan string) {
	received = make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received <- string(body)
		_, _ = io.WriteString(w, "success")
	}))
	t.Cleanup(receiver.Close)
	return receiver.URL, received
}

// takenApart returns the response of a successful create as written, and its signature.
func takenApart(t *testing.T, body []byte) (object, sign string) {
	t.Helper()
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if err := json.Unmarshal(whole["sign"], &sign); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	object = string(whole["alipay_open_mini_isv_create_response"])
	if !strings.Contains(object, `"code":"10000"`) || !strings.Contains(object, `"order_no"`) {
		t.Fatalf("the request that openssl signed was refused: %s", body)
	}
	return object, sign
}

// opensslVerifiesPush writes out which parameters of a push are signed.
func opensslVerifiesPush(t *testing.T, keys, body string) {
	t.Helper()
	push, err := url.ParseQuery(body)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, name := range []string{"app_id", "biz_content", "charset", "msg_method", "notify_id", "sign_type", "utc_timestamp", "version"} {
		lines = append(lines, name+"="+push.Get(name))
	}
	if len(push) != len(lines)+1 {
		t.Errorf("parameters of the push: %v", push)
	}
	opensslVerifies(t, keys, strings.Join(lines, "&"), push.Get("sign"))
}
