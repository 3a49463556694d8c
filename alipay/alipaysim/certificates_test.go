package alipaysim_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/alipaysim"
)

// certified makes a world whose first app is in certificate mode, and returns the
// directory of its keys. The app's key is the one that tests sign with.
func certified(t *testing.T, edit ...func(*alipaysim.Config)) (w *world, keys string) {
	t.Helper()
	dir := t.TempDir()
	keys = filepath.Join(dir, appID)
	if err := os.Mkdir(keys, 0o700); err != nil {
		t.Fatal(err)
	}
	app, alipay := keyPairs()
	writeKey(t, filepath.Join(keys, "app_private.pem"), app)
	writeKey(t, filepath.Join(keys, "alipay_private.pem"), alipay)
	if err := alipaysim.GenerateCertificates(dir, appID); err != nil {
		t.Fatal(err)
	}
	certificates, err := alipaysim.LoadCertificates(dir, appID)
	if err != nil {
		t.Fatal(err)
	}
	edit = append([]func(*alipaysim.Config){func(c *alipaysim.Config) { c.Apps[0].Certificates = certificates }}, edit...)
	return newWorld(t, edit...), keys
}

func writeKey(t *testing.T, file string, key *rsa.PrivateKey) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err == nil {
		err = os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// opensslSN is the serial number of a certificate by openssl alone: its issuer's
// name, its number, and the digest of both.
func opensslSN(t *testing.T, certificate string) string {
	t.Helper()
	issuer := strings.TrimSpace(strings.TrimPrefix(string(openssl(t, certificate, "x509", "-noout", "-issuer", "-nameopt", "RFC2253")), "issuer="))
	number := strings.TrimSpace(strings.TrimPrefix(string(openssl(t, certificate, "x509", "-noout", "-serial")), "serial="))
	decimal, ok := new(big.Int).SetString(number, 16)
	if !ok {
		t.Fatalf("serial number %q", number)
	}
	return strings.Fields(string(openssl(t, issuer+decimal.String(), "dgst", "-md5", "-r")))[0]
}

// blocks splits PEM text.
func blocks(text string) []string {
	return regexp.MustCompile(`(?s)-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n`).FindAllString(text, -1)
}

func read(t *testing.T, elements ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// numbers are app_cert_sn and alipay_root_cert_sn as openssl has them.
func numbers(t *testing.T, keys string) map[string]string {
	t.Helper()
	var roots []string
	for _, root := range blocks(read(t, keys, "alipay_root.crt")) {
		if strings.Contains(string(openssl(t, root, "x509", "-noout", "-text", "-certopt", "no_pubkey")), "sha256WithRSAEncryption") {
			roots = append(roots, opensslSN(t, root))
		}
	}
	return map[string]string{"app_cert_sn": opensslSN(t, read(t, keys, "app_cert.crt")), "alipay_root_cert_sn": strings.Join(roots, "_")}
}

func TestCertificatesAreWhatThePlatformGivesOut(t *testing.T) {
	_, keys := certified(t)
	bundle := blocks(read(t, keys, "alipay_root.crt"))
	if len(bundle) != 4 {
		t.Fatalf("%d roots", len(bundle))
	}
	first, _ := pem.Decode([]byte(bundle[0]))
	if _, err := x509.ParseCertificate(first.Bytes); err == nil {
		t.Error("Go can parse the first root; on the platform it can't")
	}
	if text := string(openssl(t, bundle[0], "x509", "-noout", "-text")); !strings.Contains(text, "SM2") {
		t.Errorf("the first root is not on the SM2 curve:\n%s", text)
	}
	chain := blocks(read(t, keys, "alipay_cert.crt"))
	roots, issuer, leaf := filepath.Join(t.TempDir(), "roots"), filepath.Join(t.TempDir(), "issuer"), filepath.Join(t.TempDir(), "leaf")
	for file, text := range map[string]string{roots: strings.Join(bundle[1:], ""), issuer: chain[1], leaf: chain[0]} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, certificate := range []string{leaf, filepath.Join(keys, "app_cert.crt")} {
		if out := string(openssl(t, "", "verify", "-CAfile", roots, "-untrusted", issuer, certificate)); !strings.Contains(out, ": OK") {
			t.Errorf("openssl says %s", out)
		}
	}
	for certificate, key := range map[string]string{"app_cert.crt": "app_public.pem", "alipay_cert.crt": "alipay_public.pem"} {
		public := string(openssl(t, read(t, keys, certificate), "x509", "-noout", "-pubkey"))
		if !strings.HasPrefix(read(t, keys, key), public) {
			t.Errorf("%s is not of %s", certificate, key)
		}
	}
}

func TestCertificatesAreKeptAndNotHalfMade(t *testing.T) {
	for name, generate := range map[string]func(dir, appID string) error{"RSA2": alipaysim.GenerateKeys, "SM2": alipaysim.GenerateSM2Keys} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := generate(dir, appID); err != nil {
				t.Fatal(err)
			}
			certificatesAreKept(t, dir)
		})
	}
}

func certificatesAreKept(t *testing.T, dir string) {
	t.Helper()
	if err := alipaysim.GenerateCertificates(dir, appID); err != nil {
		t.Fatal(err)
	}
	first := readKeys(t, dir)
	if err := alipaysim.GenerateCertificates(dir, appID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, readKeys(t, dir)); diff != "" {
		t.Errorf("the second start changed something:\n%s", diff)
	}
	// Without the bundle, which is written last, everything is made again.
	if err := os.Remove(filepath.Join(dir, appID, "alipay_root.crt")); err != nil {
		t.Fatal(err)
	}
	if _, err := alipaysim.LoadCertificates(dir, appID); err == nil {
		t.Error("half of it was loaded")
	}
	if err := alipaysim.GenerateCertificates(dir, appID); err != nil {
		t.Fatal(err)
	}
	if _, err := alipaysim.LoadCertificates(dir, appID); err != nil {
		t.Error(err)
	}
	for _, broken := range []string{"app_cert.crt", "alipay_cert.crt", "issuer_private.pem", "alipay_private.pem"} {
		good := read(t, dir, appID, broken)
		for _, text := range []string{"", good[:len(good)/2], read(t, dir, appID, "alipay_root.crt")} {
			if err := os.WriteFile(filepath.Join(dir, appID, broken), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := alipaysim.LoadCertificates(dir, appID); err == nil {
				t.Errorf("a broken %s was loaded", broken)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, appID, broken), []byte(good), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const nameCheck = "alipay.open.mini.baseinfo.name.check"

// answered is the raw body of a call with further parameters.
func (w *world) answered(method, biz string, more map[string]string) string {
	w.t.Helper()
	fields := map[string]string{"biz_content": biz}
	for name, value := range more {
		fields[name] = value
	}
	form := url.Values{}
	for name, value := range w.public(method, "", fields) {
		if value != "" {
			form.Set(name, value)
		}
	}
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+"/gateway.do", strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(body)
}

func TestRequestsNameTheirCertificates(t *testing.T) {
	w, keys := certified(t)
	good := numbers(t, keys)
	sn := opensslSN(t, read(t, keys, "alipay_cert.crt"))
	body := w.answered(nameCheck, `{"app_name":"面馆"}`, good)
	shape := regexp.MustCompile(`^\{"alipay_open_mini_baseinfo_name_check_response":(\{"code":"10000".*\}),"alipay_cert_sn":"` + sn + `","sign":"([^"]+)"\}$`)
	if found := shape.FindStringSubmatch(body); found == nil || !alipaySigned(found[1], found[2]) {
		t.Errorf("answer %s", body)
	}
	for name, bad := range map[string]map[string]string{
		"none":      {},
		"no root":   {"app_cert_sn": good["app_cert_sn"]},
		"no app":    {"alipay_root_cert_sn": good["alipay_root_cert_sn"]},
		"swapped":   {"app_cert_sn": good["alipay_root_cert_sn"], "alipay_root_cert_sn": good["app_cert_sn"]},
		"half root": {"app_cert_sn": good["app_cert_sn"], "alipay_root_cert_sn": strings.Split(good["alipay_root_cert_sn"], "_")[0]},
		"Alipay's":  {"app_cert_sn": sn, "alipay_root_cert_sn": good["alipay_root_cert_sn"]},
	} {
		if body := w.answered(nameCheck, `{"app_name":"x"}`, bad); !strings.Contains(body, `"sub_code":"isv.invalid-signature"`) {
			t.Errorf("%s: %s", name, body)
		}
	}
	other := map[string]string{"app_id": otherID, "app_cert_sn": "x"}
	if body := w.answered(nameCheck, `{"app_name":"x"}`, other); !strings.Contains(body, `"sub_code":"isv.missing-signature-config"`) || strings.Contains(body, "alipay_cert_sn") {
		t.Errorf("a certificate of an app without: %s", body)
	}
	w.clock.set(time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC))
	if body := w.answered(nameCheck, `{"app_name":"x"}`, good); !strings.Contains(body, "isv.app-cert-expired") {
		t.Errorf("after the certificate's end: %s", body)
	}
}

func TestFaultsKeepTheShapeOfCertificateMode(t *testing.T) {
	w, keys := certified(t)
	w.faults(`{"faults":[{"kind":"unsigned","times":1},{"kind":"bad_signature","times":1}]}`)
	if body := w.answered(nameCheck, `{"app_name":"x"}`, numbers(t, keys)); strings.Contains(body, `"sign"`) {
		t.Errorf("unsigned: %s", body)
	}
	body := w.answered(nameCheck, `{"app_name":"x"}`, numbers(t, keys))
	found := regexp.MustCompile(`_response":(\{.*\}),"alipay_cert_sn":"[0-9a-f]{32}","sign":"([^"]+)"\}$`).FindStringSubmatch(body)
	if found == nil || alipaySigned(found[1], found[2]) {
		t.Errorf("badly signed: %s", body)
	}
}
