package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
)

// faultsOf asks a simulator how it misbehaves.
func faultsOf(t *testing.T, v simulatorView) alipaysim.Faults {
	t.Helper()
	remote, err := newRemote(strings.TrimSuffix(v.Gateway, "/gateway.do"), "", "", apiPatience)
	if err != nil {
		t.Fatal(err)
	}
	var faults alipaysim.Faults
	if err := remote.ask(t.Context(), http.MethodGet, "/sim/v1/faults", nil, &faults); err != nil {
		t.Fatal(err)
	}
	return faults
}

func TestTheSimulatorMisbehavesUnlessItIsToldNotTo(t *testing.T) {
	p := newProgram(t)
	start := func(flags ...string) simulatorView {
		args := []string{"simulator", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(t.TempDir(), "sim")}
		return next[simulatorView](p.start(append(args, flags...)...))
	}
	drawn, other := start(), start()
	if drawn.Misbehaviour == nil || drawn.Misbehaviour.Seed == 0 || drawn.Misbehaviour.Seed == other.Misbehaviour.Seed {
		t.Errorf("seeds drawn: %+v, %+v", drawn.Misbehaviour, other.Misbehaviour)
	}
	if got := faultsOf(t, drawn).Misbehaviour; got == nil || *got != *drawn.Misbehaviour {
		t.Errorf("printed %+v, in force %+v", drawn.Misbehaviour, got)
	}
	if v := start("--seed", "7"); *v.Misbehaviour != *alipaysim.DefaultMisbehaviour(7) {
		t.Errorf("--seed 7: %+v", v.Misbehaviour)
	}
	good := start("--well-behaved")
	if got := faultsOf(t, good).Misbehaviour; good.Misbehaviour != nil || got != nil {
		t.Errorf("--well-behaved: printed %+v, in force %+v", good.Misbehaviour, got)
	}
}

// TestTheSimulatorsFlagsReachItsPushes pushes a message in certificate mode,
// encrypted, with the certificate's number, and has a configuration of the files
// that it names checked.
func TestTheSimulatorsFlagsReachItsPushes(t *testing.T) {
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
	dir := filepath.Join(p.dir, "sim")
	v := next[simulatorView](p.start("simulator", "--listen", "127.0.0.1:0", "--data-dir", dir, "--gateway-url", receiver.URL,
		"--mode", "certificate", "--aes", "--cert-sn", "signed"))
	files := v.Apps[0]
	p.must("trigger", "version.audit.passed", "--simulator", strings.TrimSuffix(v.Gateway, "/gateway.do"))
	form := <-forms
	certificates, err := alipaysim.LoadCertificates(filepath.Join(dir, "keys"), files.AppID)
	if err != nil {
		t.Fatal(err)
	}
	if form.Get("alipay_cert_sn") != certificates.SN() || form.Get("encrypt_type") != "AES" || strings.Contains(form.Get("biz_content"), "{") {
		t.Errorf("pushed %v", form)
	}

	b := newBundle(t)
	path, _ := b.changed("    environment: production", "    endpoint: "+v.Gateway)
	text := strings.Replace(p.read(path), "    alipay_public_keys:\n      - key_file: keys/alipay_public.pem\n", "    certificates:\n      app_file: "+
		files.AppCertificate+"\n      root_file: "+files.AlipayRoot+"\n      alipay:\n        - cert_file: "+files.AlipayCertificate+
		"\n    aes_key_file: "+files.AESKey+"\n    encrypt_type: AES\n", 1)
	text = strings.Replace(text, "keys/app_private.pem", files.AppPrivateKey, 1)
	runLine(t, "config", "check", "-c", b.write("miniflow.yaml", text)).expect(t, exitOK)
	// The same files are nothing for Alipay itself.
	forReal := strings.Replace(text, "endpoint: "+v.Gateway, "environment: production", 1)
	runLine(t, "config", "check", "-c", b.write("miniflow.yaml", forReal)).expect(t, exitFailed,
		"apps[0].private_key: was made by the simulator", "apps[0].certificates.root: was made by the simulator")
}

func TestACertificatesNumberNeedsACertificate(t *testing.T) {
	p := newProgram(t)
	p.says(p.run("simulator", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(p.dir, "sim"), "--cert-sn", "signed"), exitUsage, "--mode certificate")
}
