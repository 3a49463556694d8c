package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/internal/service"
	"miniflow/internal/config"
)

func newProgram(t *testing.T) *commandtest.Program {
	t.Helper()
	return commandtest.New(t, program)
}

// start starts a simulator in a directory and returns what it prints.
func start(p *commandtest.Program, dir string, flags ...string) (view, *commandtest.Running) {
	p.T.Helper()
	running := p.Start(append([]string{"--listen", "127.0.0.1:0", "--data-dir", dir}, flags...)...)
	return commandtest.Next[view](running), running
}

// manage makes a call of the management API and reads the answer into a value.
func manage(t *testing.T, v view, method, path, body string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, v.Management+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil || answer.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s %s is answered %d: %v", method, path, answer.StatusCode, err)
	}
}

func TestItMisbehavesUnlessItIsToldNotTo(t *testing.T) {
	p := newProgram(t)
	begin := func(flags ...string) view {
		v, _ := start(p, filepath.Join(t.TempDir(), "sim"), flags...)
		return v
	}
	inForce := func(v view) *alipaysim.Misbehaviour {
		var faults alipaysim.Faults
		manage(t, v, http.MethodGet, "/faults", "", &faults)
		return faults.Misbehaviour
	}
	drawn, other := begin(), begin()
	if drawn.Misbehaviour == nil || drawn.Misbehaviour.Seed == 0 || drawn.Misbehaviour.Seed == other.Misbehaviour.Seed {
		t.Errorf("seeds drawn: %+v, %+v", drawn.Misbehaviour, other.Misbehaviour)
	}
	if got := inForce(drawn); got == nil || *got != *drawn.Misbehaviour {
		t.Errorf("printed %+v, in force %+v", drawn.Misbehaviour, got)
	}
	if v := begin("--seed", "7"); *v.Misbehaviour != *alipaysim.DefaultMisbehaviour(7) {
		t.Errorf("--seed 7: %+v", v.Misbehaviour)
	}
	good := begin("--well-behaved")
	if got := inForce(good); good.Misbehaviour != nil || got != nil {
		t.Errorf("--well-behaved: printed %+v, in force %+v", good.Misbehaviour, got)
	}
}

// TestTheFlagsReachThePushes pushes a message in certificate mode, encrypted, with the
// certificate's number, and has a configuration of the files that it names checked.
func TestTheFlagsReachThePushes(t *testing.T) {
	p := newProgram(t)
	forms := make(chan url.Values, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		forms <- r.PostForm
		_, _ = io.WriteString(w, "success")
	}))
	defer receiver.Close()
	dir := filepath.Join(p.Dir, "sim")
	v, _ := start(p, dir, "--gateway-url", receiver.URL, "--mode", "certificate", "--aes", "--cert-sn", "signed")
	files := v.Apps[0]
	var sent struct{ Message string }
	manage(t, v, http.MethodPost, "/messages", `{"app_id":"`+files.AppID+`","msg_method":"alipay.open.mini.version.audit.passed"}`, &sent)
	form := <-forms
	certificates, err := alipaysim.LoadCertificates(filepath.Join(dir, "keys"), files.AppID)
	if err != nil {
		t.Fatal(err)
	}
	if form.Get("alipay_cert_sn") != certificates.SN() || form.Get("encrypt_type") != "AES" || strings.Contains(form.Get("biz_content"), "{") {
		t.Errorf("pushed %v", form)
	}
	if err := checked(p, "endpoint: "+v.Gateway, files); err != nil {
		t.Errorf("the simulator's own files are refused for it: %v", err)
	}
	// The same files are nothing for Alipay itself: everyone has them.
	err = checked(p, "environment: production", files)
	for _, want := range []string{"apps[0].private_key: was made by the simulator", "apps[0].certificates.root: was made by the simulator"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("for Alipay itself: %v, want %q", err, want)
		}
	}
}

// checked judges a configuration with the files that the simulator has named, as serve
// does.
func checked(p *commandtest.Program, endpoint string, files appView) error {
	p.T.Helper()
	cfg, err := config.Load(p.Write("miniflow.yaml", `apps:
  - app_id: "`+files.AppID+`"
    `+endpoint+`
    private_key_file: `+files.AppPrivateKey+`
    certificates: {app_file: `+files.AppCertificate+`, root_file: `+files.AlipayRoot+`, alipay: [{cert_file: `+files.AlipayCertificate+`}]}
    aes_key_file: `+files.AESKey+`
    encrypt_type: AES
api_keys: [{name: ops, key: "sha256:`+strings.Repeat("0", 63)+`1", apps: ["*"], scopes: [read]}]
sealing: none
`), func(string) string { return "" })
	if err == nil {
		_, err = service.Check(cfg)
	}
	return err
}

// TestItGoesOnWhereItStopped restarts it on the same directory.
func TestItGoesOnWhereItStopped(t *testing.T) {
	p := newProgram(t)
	dir := filepath.Join(p.Dir, "sim")
	var keys []string
	for range 2 {
		v, sim := start(p, dir, "--app-id", "2021", "--rule", "without", "--charset", "gbk")
		keys = append(keys, p.Read(v.Apps[0].AlipayPublicKey))
		var state struct {
			Apps []struct {
				AppID      string `json:"app_id"`
				NotifyRule string `json:"notify_rule"`
				Charset    string `json:"charset"`
			} `json:"apps"`
		}
		manage(t, v, http.MethodGet, "/state", "", &state)
		if app := state.Apps[0]; app.AppID != "2021" || app.NotifyRule != "without_sign_type" || app.Charset != "GBK" {
			t.Errorf("%+v", state)
		}
		sim.End()
	}
	if keys[0] != keys[1] {
		t.Error("a restart made new keys")
	}
	p.Says(p.Run("--listen", "127.0.0.1:0", "--data-dir", p.Write("file", "")), command.ExitFailed, "--data-dir")
	if _, err := os.Stat(filepath.Join(dir, "alipay.db")); err != nil {
		t.Error(err)
	}
}

// TestHowItIsCalled checks that what can be wrong before it serves ends with exit code 2 and says
// what to do instead.
func TestHowItIsCalled(t *testing.T) {
	p := newProgram(t)
	for line, want := range map[string]string{
		"--listen 0.0.0.0:0":                    "127.0.0.1",
		"--listen nonsense":                     "127.0.0.1:8090",
		"--charset big5":                        "utf-8",
		"--nonsense":                            "`alipaysim --help`",
		"nonsense":                              "`alipaysim --help`",
		"--listen 127.0.0.1:0 --cert-sn signed": "--mode certificate",
		"--listen 127.0.0.1:0 --speed=-1":       "Speed",
	} {
		args := append(strings.Fields(line), "--data-dir", filepath.Join(p.Dir, "sim"))
		p.Says(p.Run(args...), command.ExitUsage, "alipaysim: ", want)
	}
	p.Says(p.Run("--help"), command.ExitOK, "--gateway-url", "支付宝模拟器")
}
