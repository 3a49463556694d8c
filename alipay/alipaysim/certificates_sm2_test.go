package alipaysim_test

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
)

// TestCertificatesOfSM2 has openssl on the app's side: it numbers the certificates, checks their
// chain, signs the call and verifies the answer, also after Alipay has changed its certificate.
func TestCertificatesOfSM2(t *testing.T) {
	dir := t.TempDir()
	if err := alipaysim.GenerateSM2Keys(dir, appID); err != nil {
		t.Fatal(err)
	}
	if err := alipaysim.GenerateCertificates(dir, appID); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(dir, appID)
	roots := blocks(read(t, keys, "alipay_root.crt"))
	chain := blocks(read(t, keys, "alipay_cert.crt"))
	if len(roots) != 4 || len(chain) != 2 {
		t.Fatalf("%d roots, a chain of %d", len(roots), len(chain))
	}
	opensslProvesSM2(t, roots[0], chain[1], chain[0])
	opensslProvesSM2(t, roots[0], chain[1], read(t, keys, "app_cert.crt"))

	app, err := alipaysim.LoadApp(dir, appID)
	if err == nil {
		app.Certificates, err = alipaysim.LoadCertificates(dir, appID)
	}
	if err != nil {
		t.Fatal(err)
	}
	sim, err := alipaysim.Open(alipaysim.Config{Path: filepath.Join(dir, "alipay.db"), Apps: []alipaysim.App{app}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(func() { server.Close(); _ = sim.Close() })
	numbers := map[string]string{
		"app_cert_sn": opensslSN(t, read(t, keys, "app_cert.crt")), "alipay_root_cert_sn": opensslSN(t, roots[0]),
	}
	opensslCalls(t, keys, server.URL, numbers, opensslSN(t, chain[0]), chain[0])
	// The roots of RSA are in the bundle too, and are not an app of SM2's.
	wrong := map[string]string{"app_cert_sn": numbers["app_cert_sn"], "alipay_root_cert_sn": opensslSN(t, roots[2])}
	if body := post(t, opensslRequest(t, keys, server.URL, wrong)); !strings.Contains(body, "isv.invalid-signature") {
		t.Errorf("the root of the other algorithm: %s", body)
	}
	sn, err := sim.RotateCertificate(appID)
	if err != nil {
		t.Fatal(err)
	}
	next := blocks(read(t, keys, "alipay_cert_2.crt"))
	opensslProvesSM2(t, roots[0], next[1], next[0])
	opensslCalls(t, keys, server.URL, numbers, sn, next[0])
}

// opensslCalls makes a call in certificate mode and has openssl verify the answer under the
// certificate that it has to name.
func opensslCalls(t *testing.T, keys, server string, numbers map[string]string, sn, certificate string) {
	t.Helper()
	body := post(t, opensslRequest(t, keys, server, numbers))
	shape := regexp.MustCompile(`^\{"alipay_open_mini_isv_create_response":(\{"code":"10000".*\}),"alipay_cert_sn":"` + sn + `","sign":"([^"]+)"\}$`)
	found := shape.FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("under %s, the answer is %s", sn, body)
	}
	of := t.TempDir()
	public := openssl(t, certificate, "x509", "-noout", "-pubkey")
	if err := os.WriteFile(filepath.Join(of, "alipay_public.pem"), public, 0o600); err != nil {
		t.Fatal(err)
	}
	app := read(t, keys, "app_private.pem") // by which it is known which algorithm to verify with
	if err := os.WriteFile(filepath.Join(of, "app_private.pem"), []byte(app), 0o600); err != nil {
		t.Fatal(err)
	}
	opensslVerifies(t, of, found[1], found[2])
}

// opensslProvesSM2 wants a chain to hold under the user id that the platform signs with.
func opensslProvesSM2(t *testing.T, root, issuer, leaf string) {
	t.Helper()
	of := t.TempDir()
	file := map[string]string{}
	for name, text := range map[string]string{"root": root, "issuer": issuer, "leaf": leaf} {
		file[name] = filepath.Join(of, name)
		if block, _ := pem.Decode([]byte(text)); block == nil {
			t.Fatalf("%s is no certificate", name)
		}
		if err := os.WriteFile(file[name], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// One link at a time: openssl gives the user id to the certificate that it is asked about alone.
	for above, below := range map[string]string{"root": "issuer", "issuer": "leaf"} {
		out := openssl(t, "", "verify", "-vfyopt", "distid:1234567812345678", "-partial_chain", "-trusted", file[above], file[below])
		if !strings.Contains(string(out), ": OK") {
			t.Errorf("openssl says of %s: %s", below, out)
		}
	}
}

func post(t *testing.T, request *http.Request) string {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
