package door_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// outside makes messages with the commands openssl and iconv. It shares no code with the
// verifier: text, signature, encryption, charset and certificate have a second
// implementation.
type outside struct {
	t   testing.TB
	dir string
	sn  string // of the certificate, computed from openssl's output
}

const (
	outsideApp  = "2021000000000001"
	outsideMini = "2021000000000009"
	outsideID   = "2026112100262110001"
	outsideSent = 1795262401 // 2026-11-21 20:00:01 in Beijing
	outsideAES  = "0123456789abcdef"
)

// newOutside makes Alipay's key pair and a certificate of it, signed by a root.
func newOutside(t testing.TB) outside {
	t.Helper()
	o := outside{t: t, dir: t.TempDir()}
	for _, name := range []string{"root", "alipay"} {
		o.run("", "openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", name+".key")
	}
	o.run("", "openssl", "req", "-x509", "-key", "root.key", "-days", "30", "-subj", "/C=CN/O=Ant Financial/OU=Certification Authority/CN=Ant Financial Certification Authority Class 2 R1", "-out", "root.crt")
	o.run("", "openssl", "req", "-new", "-key", "alipay.key", "-subj", "/C=CN/O=Alipay/CN=Alipay public key", "-out", "alipay.csr")
	o.run("", "openssl", "x509", "-req", "-in", "alipay.csr", "-CA", "root.crt", "-CAkey", "root.key", "-set_serial", "20261121200001", "-days", "30", "-out", "alipay.crt")
	issuer := strings.TrimPrefix(o.run("", "openssl", "x509", "-in", "alipay.crt", "-noout", "-issuer", "-nameopt", "RFC2253"), "issuer=")
	o.sn = hex.EncodeToString([]byte(o.run(strings.TrimSpace(issuer)+"20261121200001", "openssl", "dgst", "-md5", "-binary")))
	return o
}

// run returns the output of a command; input is its standard input.
func (o outside) run(input, name string, arguments ...string) string {
	o.t.Helper()
	command := exec.CommandContext(o.t.Context(), name, arguments...) //nolint:gosec // names and arguments of this test
	command.Dir, command.Stdin = o.dir, strings.NewReader(input)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		o.t.Fatalf("%s %v: %v\n%s\nthese tests need the commands openssl and iconv", name, arguments, err, stderr.Bytes())
	}
	return string(out)
}

func (o outside) read(name string) string {
	o.t.Helper()
	text, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		o.t.Fatal(err)
	}
	return string(text)
}

// mode is one way in which a message can come.
type mode struct{ signType, certificate, gbk, aes, legacy bool }

// modes returns all thirty-two.
func modes() []mode {
	var all []mode
	for bits := range 1 << 5 {
		all = append(all, mode{signType: bits&1 != 0, certificate: bits&2 != 0, gbk: bits&4 != 0, aes: bits&8 != 0, legacy: bits&16 != 0})
	}
	return all
}

func (m mode) String() string {
	choose := func(second bool, words ...string) string {
		if second {
			return words[1]
		}
		return words[0]
	}
	return strings.Join([]string{
		choose(m.signType, "without sign_type", "with sign_type"), choose(m.certificate, "key", "certificate"),
		choose(m.gbk, "UTF-8", "GBK"), choose(m.aes, "plain", "AES"), choose(m.legacy, "standard", "legacy"),
	}, ", ")
}

// content returns the content of the message, in UTF-8.
func (m mode) content() string {
	if m.legacy {
		return `{"detail":{"app_auth_token":"T1","auth_app_id":"` + outsideMini + `","memo":"授权 100% a+b"}}`
	}
	return `{"out_order_no":"OUT1","order_no":"ORD1","min_app_id":"` + outsideMini + `","status":"AGREED","memo":"中文小程序 100% a+b"}`
}

// body returns the message as Alipay posts it.
func (m mode) body(o outside) string {
	fields := map[string]string{
		"app_id": outsideApp, "charset": "UTF-8", "notify_id": outsideID, "sign_type": "RSA2", "biz_content": m.content(),
	}
	if m.gbk {
		fields["charset"], fields["biz_content"] = "GBK", o.run(m.content(), "iconv", "-f", "UTF-8", "-t", "GBK")
	}
	if m.aes {
		encrypted := o.run(fields["biz_content"], "openssl", "enc", "-aes-128-cbc", "-K", hex.EncodeToString([]byte(outsideAES)), "-iv", strings.Repeat("0", 32))
		fields["encrypt_type"], fields["biz_content"] = "AES", base64.StdEncoding.EncodeToString([]byte(encrypted))
	}
	if m.certificate {
		fields["alipay_cert_sn"] = o.sn
	}
	if m.legacy {
		fields["notify_type"], fields["status"], fields["auth_app_id"] = "open_app_auth_notify", "execute_auth", outsideMini
		fields["notify_time"] = "2026-11-21 20:00:01"
	} else {
		fields["msg_method"], fields["version"] = "alipay.open.mini.merchant.confirmed", "1.1"
		fields["utc_timestamp"] = fmt.Sprint(outsideSent * 1000)
	}
	return o.signed(fields, m.signType)
}

// signed signs the fields and returns the form.
func (o outside) signed(fields map[string]string, signType bool) string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	var text, form []string
	for _, name := range names {
		if name != "sign_type" || signType {
			text = append(text, name+"="+fields[name])
		}
		form = append(form, name+"="+url.QueryEscape(fields[name]))
	}
	sign := o.run(strings.Join(text, "&"), "openssl", "dgst", "-sha256", "-sign", "alipay.key")
	return strings.Join(append(form, "sign="+url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(sign)))), "&")
}
