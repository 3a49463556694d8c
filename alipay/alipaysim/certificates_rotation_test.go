package alipaysim_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
)

// download asks for a certificate and returns its text.
func (w *world) download(sn string, public map[string]string) string {
	w.t.Helper()
	body := w.answered("alipay.open.app.alipaycert.download", `{"alipay_cert_sn":"`+sn+`"}`, public)
	var whole struct {
		Response struct {
			Content string `json:"alipay_cert_content"`
		} `json:"alipay_open_app_alipaycert_download_response"`
	}
	if err := json.Unmarshal([]byte(body), &whole); err != nil {
		w.t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(whole.Response.Content)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// signsWith downloads a certificate and verifies a push with it.
func (w *world) signsWith(sn string, public map[string]string) {
	w.t.Helper()
	certificate := w.download(sn, public)
	if got := opensslSN(w.t, certificate); got != sn {
		w.t.Errorf("downloaded %s, want %s", got, sn)
	}
	home := w.t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "alipay_public.pem"), openssl(w.t, certificate, "x509", "-noout", "-pubkey"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.sendMessage("")
	w.run()
	p := w.lastPush("alipay.test").params
	if p["alipay_cert_sn"] != sn {
		w.t.Errorf("the push names %s", p["alipay_cert_sn"])
	}
	opensslVerifies(w.t, home, signedText(p, "sign"), p["sign"])
}

func TestARotatedCertificateSignsIsDownloadedAndOutlivesARestart(t *testing.T) {
	w, keys := certified(t, func(c *alipaysim.Config) { c.Apps[0].CertSNInPushes = alipaysim.SignedCertSN })
	public := numbers(t, keys)
	old := opensslSN(t, read(t, keys, "alipay_cert.crt"))
	before := read(t, keys, "alipay_cert.crt")
	sn := w.must("POST", "apps/"+appID+"/rotate", "")["alipay_cert_sn"].(string)
	if sn == old || read(t, keys, "alipay_cert.crt") != before {
		t.Errorf("rotated from %s to %s, or the old file changed", old, sn)
	}
	if got := w.download("unknown", public); got != "" {
		t.Errorf("an unknown certificate: %s", got)
	}
	if got := opensslSN(t, w.download(old, public)); got != old {
		t.Errorf("the old certificate: %s", got)
	}
	w.signsWith(sn, public)
	certificates, err := alipaysim.LoadCertificates(filepath.Dir(keys), appID)
	if err != nil {
		t.Fatal(err)
	}
	w.cfg.Apps[0].Certificates = certificates
	w.restart()
	w.signsWith(sn, public)
	if got := w.must("GET", "state", "")["apps"].([]any)[1].(map[string]any)["alipay_cert_sn"]; got != sn {
		t.Errorf("the state shows %v", got)
	}
}

func TestPushesMayNameTheCertificate(t *testing.T) {
	for _, rule := range alipaysim.CertSNRules() {
		w, keys := certified(t, func(c *alipaysim.Config) { c.Apps[0].CertSNInPushes = rule })
		w.sendMessage("")
		w.run()
		p := w.lastPush("alipay.test").params
		want := map[alipaysim.CertSNRule]string{alipaysim.NoCertSN: ""}
		if rule != alipaysim.NoCertSN {
			want[rule] = opensslSN(t, read(t, keys, "alipay_cert.crt"))
		}
		with, without := alipaySigned(signedText(p, "sign"), p["sign"]), alipaySigned(signedText(p, "sign", "alipay_cert_sn"), p["sign"])
		if p["alipay_cert_sn"] != want[rule] || with != (rule != alipaysim.UnsignedCertSN) || without != (rule != alipaysim.SignedCertSN) {
			t.Errorf("%s: number %q, signed with it %v, without %v", rule, p["alipay_cert_sn"], with, without)
		}
	}
}

func TestTheLongConnectionInCertificateMode(t *testing.T) {
	w, keys := certified(t, overSocket)
	public := numbers(t, keys)
	if _, body := w.registered(w.knock(map[string]string{"nonce": w.nonce()})); !strings.Contains(body, "isv.invalid-signature") {
		t.Errorf("without certificates: %s", body)
	}
	query := map[string]string{"nonce": w.nonce()}
	for name, value := range public {
		query[name] = value
	}
	_, body := w.registered(w.knock(query))
	sn := opensslSN(t, read(t, keys, "alipay_cert.crt"))
	if !regexp.MustCompile(`^\{"response":\{[^}]*\},"sign":"[^"]+","alipay_cert_sn":"` + sn + `"\}$`).MatchString(body) {
		t.Errorf("register %s", body)
	}
	link := w.connect(public)
	m := w.deliver(link, "")
	wantHeader := `{"header":{"appId":"` + appID + `","msgApi":"alipay.test","app_cert_sn":"` + public["app_cert_sn"] + `","alipay_root_cert_sn":"` + public["alipay_root_cert_sn"] + `"},`
	if !strings.HasPrefix(m.data, wantHeader) || !alipaySigned(m.data, m.protocol["x-sign"].(string)) {
		t.Errorf("data %s", m.data)
	}
	header := `{"header":{"appId":"` + appID + `","msgApi":"x"`
	for more, want := range map[string]string{
		`,"app_cert_sn":"` + public["app_cert_sn"] + `","alipay_root_cert_sn":"` + public["alipay_root_cert_sn"] + `"`: "SUCCESS", "": "FAIL",
	} {
		link.send(0x81, produce(t, header+more+`},"content":{}}`))
		if got := string(link.frame(1)); !strings.Contains(got, `"x-status":"`+want+`"`) {
			t.Errorf("produce with %q: %s", more, got)
		}
	}
}
